package bridge

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Route names an HTTP route of a reference server whose answers Serve gives.
type Route uint8

// The routes. Those of vLLM answer as its server does, those of mistral_common as the
// server does that comes with it.
const (
	RouteTokenize                Route = iota + 1 // vLLM: POST /tokenize, of a prompt or a chat
	RouteDetokenize                               // vLLM: POST /detokenize
	RouteTokenizerInfo                            // vLLM: GET /tokenizer_info, which has no body
	RouteRenderChat                               // vLLM: POST /v1/chat/completions/render
	RouteRenderCompletion                         // vLLM: POST /v1/completions/render
	RouteMistralTokenize                          // mistral_common: POST /v1/tokenize/
	RouteMistralDetokenize                        // mistral_common: POST /v1/detokenize/
	RouteMistralDetokenizeString                  // mistral_common: POST /v1/detokenize/string
)

// ServeOptions is what an answer depends on besides the request's body. The zero value
// serves a model of the length DefaultMaxModelLen that has the name of the tokenizer's source.
type ServeOptions struct {
	// Models are names of the model; the first is the default, any other "model" is not
	// found. None: the value of the tokenizer's Source, such as "v3-tekken".
	Models      []string
	MaxModelLen int // tokens; 0: DefaultMaxModelLen
	// MaxModelInputLen is that of WithMaxModelInputLen, for RouteMistralTokenize; 0: none,
	// and a request that is to be cut fails, as on mistral_common's server.
	MaxModelInputLen int
	// RequestID is what the render routes call the request, without vLLM's prefix
	// (chatcmpl-, cmpl-). Without one the request's own request_id is taken, or a random one.
	RequestID string
	// ContentType is the value of the request's header; empty stands for application/json.
	// A request without the header has any other value, such as "none".
	ContentType string
}

// DefaultMaxModelLen is a model's length where nothing says another, in tokens.
const DefaultMaxModelLen = 32768

// ErrServeOptions is of ServeOptions that no model can have. It is the server's mistake, and
// nothing was called.
var ErrServeOptions = errors.New("bridge: serve: ServeOptions")

// check names what is wrong.
func (o *ServeOptions) check() error {
	switch {
	case o.MaxModelLen < 0:
		return fmt.Errorf("%w: MaxModelLen is %d", ErrServeOptions, o.MaxModelLen)
	case o.MaxModelInputLen < 0:
		return fmt.Errorf("%w: MaxModelInputLen is %d", ErrServeOptions, o.MaxModelInputLen)
	}
	for i, name := range o.Models {
		if name == "" {
			return fmt.Errorf("%w: Models[%d] is empty", ErrServeOptions, i)
		}
		if !utf8.ValidString(name) {
			return fmt.Errorf("%w: Models[%d] is not UTF-8", ErrServeOptions, i)
		}
	}
	return nil
}

// Serve answers an HTTP request as the reference's server does: the status, and the body
// byte for byte. What that server answers with a 4xx or a 5xx is no error here. body is the
// request's, whatever it holds.
// Nothing that the request names by URL is fetched but by the Runtime's Fetcher.
//
// Errors: ErrServeOptions, ErrOverloaded, ErrTooLarge, *WorkerError, ErrClosed, *FetchError, ctx's own, and
// *PyError of what is no Exception in Python, such as a panic of native code.
func (t *Tokenizer) Serve(ctx context.Context, route Route, body []byte, o ServeOptions) (*Served, error) {
	c := t.serveCall(route, body, o)
	s, err := do(ctx, t.rt, c)
	if err == nil {
		t.rt.frames.put(c.frame) // an answer came from Python, which is done with it
	}
	return s, err
}

// ServeAsync is Serve as a future; ctx governs the call itself.
func (t *Tokenizer) ServeAsync(ctx context.Context, route Route, body []byte, o ServeOptions) *async.Future[*Served] {
	return start(ctx, t.rt, t.serveCall(route, body, o))
}

// Serve is Tokenizer.Serve with vLLM's own classes and functions behind the routes of
// vLLM. Those of mistral_common answer as Tokenizer.Serve does.
func (v *VLLM) Serve(ctx context.Context, route Route, body []byte, o ServeOptions) (*Served, error) {
	return v.t.Serve(ctx, route, body, o)
}

// ServeAsync is Serve as a future.
func (v *VLLM) ServeAsync(ctx context.Context, route Route, body []byte, o ServeOptions) *async.Future[*Served] {
	return v.t.ServeAsync(ctx, route, body, o)
}

// ServeSchemas returns the JSON Schemas of what the routes take and answer, as pydantic
// makes them of the models that validate it: {"$defs": {name: schema},
// "routes": {path: {"request": schema, "response": schema, "error": schema}}}.
func (t *Tokenizer) ServeSchemas(ctx context.Context) (json.RawMessage, error) {
	return do(ctx, t.rt, t.serveSchemasCall())
}

// ServeSchemasAsync is ServeSchemas as a future.
func (t *Tokenizer) ServeSchemasAsync(ctx context.Context) *async.Future[json.RawMessage] {
	return start(ctx, t.rt, t.serveSchemasCall())
}

// ServeSchemas is Tokenizer.ServeSchemas of vLLM's own models.
func (v *VLLM) ServeSchemas(ctx context.Context) (json.RawMessage, error) {
	return v.t.ServeSchemas(ctx)
}

// ServeSchemasAsync is ServeSchemas as a future.
func (v *VLLM) ServeSchemasAsync(ctx context.Context) *async.Future[json.RawMessage] {
	return v.t.ServeSchemasAsync(ctx)
}

var errNoRoute = errors.New("bridge: serve: no such route")

// serveCall puts two lengths, the settings, the request's id and the body into a frame. The
// settings are the same in each request of a server, so that Python reads them once.
func (t *Tokenizer) serveCall(route Route, body []byte, o ServeOptions) call[*Served] {
	if route < RouteTokenize || route > RouteMistralDetokenizeString {
		return call[*Served]{err: fmt.Errorf("%w: %d", errNoRoute, route)}
	}
	if err := o.check(); err != nil {
		return call[*Served]{err: err}
	}
	if len(o.Models) == 0 {
		o.Models = []string{t.src.value}
	}
	e := &encoder{}
	o.encode(e)
	h := t.header(wire.OpServe, 0)
	h.Arg = int32(route)
	f := t.rt.frames.get(h, 8+len(e.buf)+len(o.RequestID)+len(body))
	f = binary.LittleEndian.AppendUint32(f, uint32(len(e.buf)))
	f = binary.LittleEndian.AppendUint32(f, uint32(len(o.RequestID)))
	f = append(append(f, e.buf...), o.RequestID...)
	skip := len(f) - wire.RequestHeaderSize
	f = appendPieces(f, body)
	return call[*Served]{
		op: "serve", frame: wire.Seal(f), err: t.check(e.err), read: readServed,
		media: route.mayNameMedia(), skip: skip,
	}
}

// mayNameMedia reports whether a request of the route is a chat.
func (r Route) mayNameMedia() bool {
	return r == RouteTokenize || r == RouteRenderChat || r == RouteMistralTokenize
}

func (o *ServeOptions) encode(e *encoder) {
	e.open('{')
	e.key("models")
	e.open('[')
	for _, name := range o.Models {
		e.str(name, "model")
	}
	e.close(']')
	e.key("max_model_len")
	e.integer(int64(cmp.Or(o.MaxModelLen, DefaultMaxModelLen)))
	if o.MaxModelInputLen > 0 {
		e.key("max_model_input_len")
		e.integer(int64(o.MaxModelInputLen))
	}
	if o.ContentType != "" && o.ContentType != "application/json" {
		e.key("content_type")
		e.str(latin1(o.ContentType), "content type")
	}
	e.close('}')
}

// latin1 reads a header's bytes as the reference's servers do.
func latin1(header string) string {
	if utf8.ValidString(header) && len(header) == utf8.RuneCountInString(header) {
		return header
	}
	var s strings.Builder
	for i := range len(header) {
		s.WriteRune(rune(header[i]))
	}
	return s.String()
}

func (t *Tokenizer) serveSchemasCall() call[json.RawMessage] {
	c := argumentsCall(t.header(wire.OpServeSchemas, 0), "serve_schemas", &encoder{})
	c.err = t.check(c.err)
	return c
}
