package mistral_test

import "github.com/mistralbridge/mistralbridge/bridge/mistral"

func ptr[T any](v T) *T { return &v }

func user(text string) *mistral.ChatCompletionRequest {
	return withMessages(mistral.UserMessage{Content: mistral.Text(text)})
}
