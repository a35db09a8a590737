package bridge_test

import (
	"context"
	"fmt"
	"log"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// A chat of several turns, and the debug text that shows how it was put together.
func Example_chat() {
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

	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{Messages: []mistral.Message{
		mistral.SystemMessage{Content: mistral.Text("Be brief.")},
		mistral.UserMessage{Content: mistral.Text("Hello")},
		mistral.AssistantMessage{Content: mistral.Text("Hi!")},
		mistral.UserMessage{Content: mistral.Text("Bye")},
	}}, bridge.WithText())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(out.Tokens))
	fmt.Printf("%q\n", out.Text)
	// Output:
	// 16
	// "<s>[INST]▁Hello[/INST]▁Hi!</s>[INST]▁Be▁brief.<0x0A><0x0A>Bye[/INST]"
}
