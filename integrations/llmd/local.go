package llmd

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// Local renders in this process: by the code that mtok serve answers its render routes with, and
// without a server, a connection, or JSON around the ids.
type Local struct {
	server *refserver.Server
	model  string // the first name
}

// NewLocal is a Local for a model that goes by these names, of which requests name one or none.
// maxModelLen is the model's length, 0 for refserver.DefaultMaxModelLen: longer chats are refused. Errors: refserver.ErrOptions.
func NewLocal(tok *bridge.Tokenizer, maxModelLen int, names ...string) (*Local, error) {
	server, err := refserver.New(tok, refserver.Options{Models: names, MaxModelLen: maxModelLen})
	if err != nil {
		return nil, err
	}
	return &Local{server, cmp.Or(names...)}, nil
}

// Produce renders a request. Errors: *RenderError of what the reference refuses, with the status
// and the words of its server; those of refserver.Server.Serve, of which bridge.ErrOverloaded is
// what a server answers with 429; ctx's own.
func (l *Local) Produce(ctx context.Context, req Request) (prompts []Prompt, err error) {
	if req.API == Messages {
		if req, err = asChat(req, l.model); err != nil {
			return nil, err
		}
	}
	route := refserver.RouteRenderChat
	if req.API == Completions {
		route = refserver.RouteRenderCompletion
	} else if req.API != ChatCompletions {
		return nil, fmt.Errorf("llmd: %q is no API with a prompt", req.API)
	}
	answer, err := l.server.Serve(ctx, refserver.Request{Route: route, Body: req.Body})
	switch {
	case err != nil:
		return nil, err
	case answer.Status != 200:
		return nil, &RenderError{Path: renderPath(req.API), Status: answer.Status, Body: begin(answer.AppendBody(nil))}
	case answer.Tokens == nil:
		return readPrompts(answer.Head) // several prompts
	case len(answer.Tokens) == 0:
		return nil, ErrNoTokens
	}
	ids := make([]uint32, len(answer.Tokens))
	for i, id := range answer.Tokens {
		ids[i] = uint32(id)
	}
	return []Prompt{{ids}}, nil
}
