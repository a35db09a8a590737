// Gateway reads a chat from stdin, adds a system prompt and writes it for the server behind
// it. It uses package mistral alone, so that it builds for every system.
package main

import (
	"io"
	"log"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	req, err := mistral.ParseChatCompletionRequest(body)
	if err != nil {
		log.Fatal(err)
	}
	prompt := mistral.SystemMessage{Content: mistral.Text("Be brief.")}
	req.Messages = append([]mistral.Message{prompt}, req.Messages...)
	out, err := req.AppendJSON(nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(out); err != nil {
		log.Fatal(err)
	}
}
