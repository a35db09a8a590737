package verify

import (
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Payload is a chat of one user message of about kb kilobytes: "word " again and
// again.
func Payload(kb int) *bridge.ChatCompletionRequest {
	text := strings.Repeat("word ", kb*1024/5)
	return &bridge.ChatCompletionRequest{Messages: []bridge.Message{bridge.UserMessage{Content: bridge.Text(text)}}}
}
