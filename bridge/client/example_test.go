package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/client"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// A program that asks a server where TOKENIZER_URL names one: mtok serve --model v3-tekken.
func Example() {
	c, err := client.New(os.Getenv("TOKENIZER_URL"), client.WithRetries(3))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	tok, err := c.Tokenizer(ctx, "")
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

	_, err = tok.EncodeChatJSON(ctx, []byte(`{"messages": []}`))
	fmt.Println(bridge.ReasonOf(err), bridge.HTTPStatus(err), err)
	// Output:
	// [1 3 22177 1044 4304 1033 4]
	// rejected 400 encode_chat_completion: mistral_common.exceptions.InvalidMessageStructureException: Conversation must have at least one message
}

// quota is a handler that does not know where Python runs: e is a *bridge.Tokenizer or a
// *client.Tokenizer.
func quota(e bridge.Encoder, limit int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := e.CountText(r.Context(), r.FormValue("q"), false, false)
		if err != nil {
			w.WriteHeader(bridge.HTTPStatus(err))
			return
		}
		_, _ = fmt.Fprintln(w, n, n <= limit)
	}
}
