package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Tokenizer is a model of the server. Its methods give what those of the same name give of a
// *bridge.Tokenizer, tokens and errors; see there. It does not change: a server that has other
// models later says so in the errors of calls.
type Tokenizer struct {
	c     *Client
	model Model
	name  string
}

var _ bridge.Encoder = (*Tokenizer)(nil)

// Tokenizer asks the server for a model by one of its names; "" is the first. Errors: those of
// Client.Info, and a *ServerError of bridge.ReasonUnknownTokenizer.
func (c *Client) Tokenizer(ctx context.Context, name string) (*Tokenizer, error) {
	info, err := c.Info(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range info.Models {
		if name == "" || slices.Contains(m.Names, name) {
			return &Tokenizer{c, m, name}, nil
		}
		names = append(names, m.Names...)
	}
	return nil, &ServerError{
		Op: "load", Status: http.StatusNotFound, Reason: bridge.ReasonUnknownTokenizer,
		Message: fmt.Sprintf("there is no model %q; there are %s", name, strings.Join(names, ", ")),
	}
}

// Model is what the server said of it.
func (t *Tokenizer) Model() Model { return t.model }

// Describe returns what the reference said when the server loaded it.
func (t *Tokenizer) Describe() bridge.Description { return t.model.Description }

// DescriptionJSON is the same in the reference's words, with every key.
func (t *Tokenizer) DescriptionJSON() json.RawMessage { return t.model.text }

// Warnings are what loading it warned of.
func (t *Tokenizer) Warnings() []bridge.Warning { return t.model.Warnings }

// ask posts a body to one of the routes; op is what errors call the call.
func (t *Tokenizer) ask(ctx context.Context, op, path string, query url.Values, body []byte) ([]byte, error) {
	if t.name != "" {
		query.Set("model", t.name)
	}
	return t.c.ask(ctx, &question{op: op, method: http.MethodPost, path: path, query: query, body: body})
}
