package bridge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"log"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// An image inside the request. What the model gets of it is in Images; WithoutMedia leaves
// that out, and WithFetcher allows http URLs.
func Example_images() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken-mm"))
	if err != nil {
		log.Fatal(err)
	}

	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		log.Fatal(err)
	}
	url := "data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())
	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{Messages: []mistral.Message{
		mistral.UserMessage{Content: mistral.Chunks(
			mistral.TextChunk{Text: "What is this?"},
			mistral.ImageURLChunk{URL: url},
		)},
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(out.Tokens), out.Images[0].Shape)
	// Output:
	// 13 [3 32 32]
}
