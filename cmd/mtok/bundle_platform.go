package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

const here = runtime.GOOS + "/" + runtime.GOARCH

// forPlatform packs for a platform that is not this one.
func forPlatform(ctx context.Context, platform string, env *envFlags) (bundleWriter, error) {
	if platform != "linux/amd64" && platform != "linux/arm64" {
		return nil, usageError{fmt.Errorf("--platform %s: there are linux/amd64 and linux/arm64", platform)}
	}
	if env.offline || bridge.Offline() {
		return nil, environmentError{offlineHint("the CPython for "+platform, "pack it where the network is")}
	}
	dir, err := dataModule(ctx)
	if err != nil {
		return nil, environmentError{fmt.Errorf("the CPython for %s comes with the module %s, which was not had with the go command: %w",
			platform, bundled.Module, err)}
	}
	return func(ctx context.Context, w io.Writer, opts ...bridge.Option) (bridge.BundleInfo, error) {
		return bridge.WriteBundleFor(ctx, w, platform, bundled.Foreign{Platform: platform, Dir: dir}, opts...)
	}, nil
}

// dataModule is where the go command has the module whose files are in this program for this
// platform alone. It asks what the user's settings name, and checks as ever; the hash is that of go.sum.
func dataModule(ctx context.Context) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", bundled.Module)
	cmd.Dir, cmd.Stderr = os.TempDir(), &stderr // of no module
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GO111MODULE=on")
	out, err := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if jerr := json.Unmarshal(out, &got); jerr != nil && err == nil {
		err = jerr
	}
	switch {
	case got.Error != "":
		return "", fmt.Errorf("%s", got.Error)
	case err != nil:
		return "", fmt.Errorf("%w %s", err, bytes.TrimSpace(stderr.Bytes()))
	case got.Sum != bundled.Sum:
		return "", fmt.Errorf("it has the hash %s, and this program was built with %s", got.Sum, bundled.Sum)
	}
	return got.Dir, nil
}
