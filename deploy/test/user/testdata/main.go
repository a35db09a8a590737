// User is a program that imports the library: it prints the tokens of a chat.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func main() {
	tokens, err := encode(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(tokens)
}

func encode(ctx context.Context) ([]int32, error) {
	opts := []bridge.Option{bridge.WithDistribution(bundled.Python())}
	if !bridge.Embeddable() {
		opts = append(opts, bridge.WithWorkers(1))
	}
	rt, err := bridge.Open(ctx, opts...)
	if err != nil {
		return nil, err
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		return nil, err
	}
	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{
		Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello, world!")}},
	})
	if err != nil {
		return nil, err
	}
	return out.Tokens, nil
}
