package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// A tool that the model may call, its call, and what the tool answered. Parameters and
// Arguments are JSON, which is passed on as it is written.
func Example_tools() {
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

	id := "abcdefghi"
	req := &mistral.ChatCompletionRequest{
		Tools: []mistral.Tool{{Function: mistral.Function{
			Name:       "weather",
			Parameters: json.RawMessage(`{"type": "object", "properties": {"city": {"type": "string"}}}`),
		}}},
		ToolChoice: mistral.ToolChoiceAny,
		Messages: []mistral.Message{
			mistral.UserMessage{Content: mistral.Text("How is it in Paris?")},
			mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{
				ID:       &id,
				Function: mistral.FunctionCall{Name: "weather", Arguments: json.RawMessage(`{"city": "Paris"}`)},
			}}},
			mistral.ToolMessage{ToolCallID: &id, Content: mistral.Text("21 degrees")},
		},
	}
	out, err := tok.EncodeChat(ctx, req, bridge.WithText())
	if err != nil {
		log.Fatal(err)
	}
	_, calls, _ := strings.Cut(out.Text, "[TOOL_CALLS]")
	fmt.Println(calls)
	// Output:
	// ▁[{"name":▁"weather",▁"arguments":▁{"city":▁"Paris"},▁"id":▁"abcdefghi"}]</s>[TOOL_RESULTS]▁{"content":▁"21▁degrees",▁"call_id":▁"abcdefghi"}[/TOOL_RESULTS]
}
