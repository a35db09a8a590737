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

// A corpus: many texts in one call, with an end of sequence behind each. One that fails has its
// error, and its index.
func ExampleTokenizer_EncodeTexts() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		log.Fatal(err)
	}

	answers, err := tok.EncodeTexts(ctx, []string{"Hello", "not UTF-8: \xff", "Hello you"}, false, true)
	if err != nil {
		log.Fatal(err) // of the call itself: its context, ErrClosed, ErrOverloaded
	}
	for _, a := range answers {
		fmt.Println(a.Value, a.Err)
	}
	// Output:
	// [22177 2] <nil>
	// [] item 1: bridge: invalid UTF-8 at byte 11
	// [22177 1636 2] <nil>
}
