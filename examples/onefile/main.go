// Onefile counts the tokens of its arguments, and is one file: Python and its packages are in
// the program, which fetches nothing. Build it around a bundle:
//
//	mtok bundle --out examples/onefile/bundle/env.tar.zst
//	go build ./examples/onefile
package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log"
	"os"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

//go:embed bundle
var files embed.FS

func main() {
	tokens, err := encode(context.Background(), strings.Join(os.Args[1:], " "))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tokens)
}

func encode(ctx context.Context, text string) ([]int32, error) {
	carried, err := fs.Sub(files, "bundle")
	if err != nil {
		return nil, err
	}
	rt, err := bridge.Open(ctx, bridge.WithBundle(carried), bridge.WithOffline())
	if err != nil {
		return nil, err
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		return nil, err
	}
	return tok.EncodeText(ctx, text, true, false)
}
