package bridge_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Many texts, at most 64 of them under way, and their answers in the order of the texts. One
// that fails does not end the others.
func Example_manyRequests() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		log.Fatal(err)
	}

	texts := []string{"one", "two", "not UTF-8: \xff", "three"}
	count := func(ctx context.Context, text string) *async.Future[int] {
		return tok.CountAsync(ctx, &mistral.ChatCompletionRequest{
			Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}},
		})
	}
	for n, err := range async.Map(ctx, slices.Values(texts), 64, count) {
		fmt.Println(n, err)
	}
	// Output:
	// 4 <nil>
	// 4 <nil>
	// 0 bridge: messages[0].content: invalid UTF-8 at byte 11
	// 4 <nil>
}
