package bridge_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// A tokenizer file, and a directory that has one as the repository of a model does.
func Example_files() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	found, err := filepath.Glob(filepath.Join(rt.Info().Prefix, "lib/python3.*/site-packages/mistral_common/data/tekken_240911.json"))
	if err != nil || len(found) == 0 {
		log.Fatal("no tokenizer file: ", err)
	}
	dir, err := os.MkdirTemp("", "model-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Symlink(found[0], filepath.Join(dir, "tekken.json")); err != nil {
		log.Fatal(err)
	}
	for _, source := range []bridge.Source{bridge.File(found[0]), bridge.ModelDir(dir)} {
		tok, err := rt.Load(ctx, source)
		if err != nil {
			log.Fatal(err)
		}
		ids, err := tok.EncodeText(ctx, "Hello", true, false)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(tok.Describe().Version, ids)
	}
	// Output:
	// v3 [1 22177]
	// v3 [1 22177]
}
