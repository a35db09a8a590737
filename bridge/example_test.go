package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func Example() {
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
	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{
		Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello, world!")}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Tokens)
	// Output: [1 3 22177 1044 4304 1033 4]
}

// exampleTokenizer is what the other examples start with.
func exampleTokenizer(ctx context.Context) (*bridge.Runtime, *bridge.Tokenizer) {
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	tok, err := rt.Load(ctx, bridge.Model("mistralai/Mistral-7B-Instruct-v0.3"))
	if err != nil {
		log.Fatal(err)
	}
	return rt, tok
}

func ExampleTokenizer_EncodeChatAsync() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	var futures []*async.Future[*bridge.Tokenized]
	for _, text := range []string{"one", "two", "three"} {
		futures = append(futures, tok.EncodeChatAsync(ctx, &mistral.ChatCompletionRequest{
			Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}},
		}))
	}
	all, err := async.All(futures...).Await(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, out := range all {
		fmt.Println(out.Tokens)
	}
	// Output:
	// [1 3 1392 4]
	// [1 3 1757 4]
	// [1 3 2480 4]
}

func ExampleTokenizer_Decode() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	ids, err := tok.EncodeText(ctx, "Déjà vu", true, true)
	if err != nil {
		log.Fatal(err)
	}
	plain, err := tok.Decode(ctx, ids, bridge.Ignore)
	if err != nil {
		log.Fatal(err)
	}
	special, err := tok.Decode(ctx, ids, bridge.Keep)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ids)
	fmt.Println(plain)
	fmt.Println(special)
	// Output:
	// [1 19601 24564 21388 2]
	// Déjà vu
	// <s>▁Déjà▁vu</s>
}

func ExampleTokenizer_EncodeChatJSON() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	out, err := tok.EncodeChatJSON(ctx, []byte(`{"messages": [{"role": "user", "content": "Hello"}]}`), bridge.WithText())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Text)

	_, err = tok.EncodeChatJSON(ctx, []byte(`{"messages": [{"role": "assistant", "content": "Hello"}]}`))
	fmt.Println(err)
	fmt.Println(errors.Is(err, bridge.ErrInvalidRequest))
	// Output:
	// <s>[INST]▁Hello[/INST]
	// encode_chat_completion: mistral_common.exceptions.InvalidMessageStructureException: Conversation must start with a user message or system message
	// true
}
