// Package llmd gets the tokens of a request as llm-d's router does for its scheduling: from a
// server's render routes, which is what the token-producer plugin's vllm backend asks, or from
// the bridge in the same process.
//
// It is written from that plugin's public contract: the README.md beside it.
package llmd

import "context"

// API is the shape of a request's body.
type API string

// The APIs whose requests have a prompt to render.
const (
	Completions     API = "completions"
	ChatCompletions API = "chat/completions"
	Messages        API = "messages" // Anthropic's
)

// Request is a client's, as it came.
type Request struct {
	API           API
	Body          []byte // JSON, passed on as it is
	Authorization string // the header, passed on as it is; "" for none
}

// Prompt are the tokens of a prompt.
type Prompt struct{ TokenIDs []uint32 }

// Producer is what a token producer does. Remote and Local give the same prompts and, where a
// request is refused, a *RenderError of the same status.
type Producer interface {
	// Produce returns a prompt for each that the request has, at least one, and none empty.
	Produce(ctx context.Context, r Request) ([]Prompt, error)
}
