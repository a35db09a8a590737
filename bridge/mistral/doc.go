// Package mistral holds the data that mistral_common works on: messages, chunks, tools and
// the requests of each family, under the names that they have there, with their JSON.
//
//	req := &mistral.ChatCompletionRequest{
//		Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello")}},
//	}
//	text, err := json.Marshal(req)
//
// It needs neither cgo nor Python, and builds on every system that Go builds for: what makes
// requests, or passes them on, need not be able to encode them. Package bridge does that.
//
// # JSON
//
// All types of a request marshal, by value and by pointer, as the reference's JSON, and
// unmarshal exactly or with ErrInexact. AppendJSON writes the same without a second pass
// over it.
//
// Raw JSON inside a request (Parameters, Arguments, RawMessage and the like) is one value,
// and stays as it is written.
//
// # Errors
//
// What cannot be written is an *InputError, which names its place in the request, as in
// messages[1].tool_calls[0].arguments; what cannot be read exactly is an ErrInexact.
//
// # Logs
//
// With %v and in slog the types say what they are and how large, never what they hold.
package mistral
