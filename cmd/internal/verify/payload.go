package verify

import (
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Payload is a chat of one user message of about kb kilobytes: "word " again and
// again.
func Payload(kb int) *mistral.ChatCompletionRequest {
	text := strings.Repeat("word ", kb*1024/5)
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}}}
}
