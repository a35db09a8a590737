package refserver

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// Server answers HTTP requests as the reference's servers do, with one tokenizer. Its methods
// may be called from any number of goroutines. It has nothing to close but the tokenizer.
type Server struct {
	calls  seam.Tokenizer
	frames frames
	last   atomic.Pointer[settings] // of the call before
}

// New is a Server with mistral_common's tokenizer. The routes of vLLM answer as vLLM's server
// does, without vLLM.
func New(tok *bridge.Tokenizer) *Server { return &Server{calls: seam.OfTokenizer(tok)} }

// NewVLLM is a Server with vLLM's own classes and functions behind the routes of vLLM. Those of
// mistral_common answer as New's do.
func NewVLLM(tok *vllm.Tokenizer) *Server { return &Server{calls: seam.OfVLLM(tok)} }

// Route names an HTTP route of a reference server whose answers Serve gives.
type Route uint8

// Path is the route's path on its server, "" of one that is none of the above.
func (r Route) Path() string {
	if known := routes.Of(int32(r)); known != nil {
		return known.Path
	}
	return ""
}

// Options is what an answer depends on besides the request's body. The zero value
// serves a model of the length DefaultMaxModelLen that has the name of the tokenizer's source.
type Options struct {
	// Models are names of the model; the first is the default, any other "model" is not
	// found. None: the value of the tokenizer's Source, such as "v3-tekken".
	Models      []string
	MaxModelLen int // tokens; 0: DefaultMaxModelLen
	// MaxModelInputLen is that of bridge.WithMaxModelInputLen, for RouteMistralTokenize; 0: none,
	// and a request that is to be cut fails, as on mistral_common's server.
	MaxModelInputLen int
	// RequestID is what the render routes call the request, without vLLM's prefix
	// (chatcmpl-, cmpl-). Without one the request's own request_id is taken, or a random one.
	RequestID string
	// ContentType is the value of the request's header; empty stands for application/json.
	// A request without the header has any other value, such as "none".
	ContentType string
	// Room is how many bytes at the begin of body are not the request's, but room for what goes before it on its way to
	// Python, so that the request is not copied: DefaultRoom is enough where names are not long, and where it is not, the
	// request is copied. What is in the room is overwritten. The memory is the Server's until Serve, or the future, has
	// an answer, and for ever if that is an error. 0: the body is copied, and is the caller's.
	Room int
}

// DefaultRoom is a fit Room.
const DefaultRoom = 1 << 10

// DefaultMaxModelLen is a model's length where nothing says another, in tokens.
const DefaultMaxModelLen = 32768

// ErrOptions is of Options that no model can have. It is the server's mistake, and
// nothing was called.
var ErrOptions = errors.New("refserver: Options")

// check names what is wrong.
func (o *Options) check(size int) error {
	switch {
	case o.MaxModelLen < 0:
		return fmt.Errorf("%w: MaxModelLen is %d", ErrOptions, o.MaxModelLen)
	case o.MaxModelInputLen < 0:
		return fmt.Errorf("%w: MaxModelInputLen is %d", ErrOptions, o.MaxModelInputLen)
	case o.Room < 0 || o.Room > size:
		return fmt.Errorf("%w: Room is %d of %d bytes", ErrOptions, o.Room, size)
	}
	for i, name := range o.Models {
		if name == "" {
			return fmt.Errorf("%w: Models[%d] is empty", ErrOptions, i)
		}
		if !utf8.ValidString(name) {
			return fmt.Errorf("%w: Models[%d] is not UTF-8", ErrOptions, i)
		}
	}
	return nil
}

// Serve answers an HTTP request as the reference's server does: the status, and the body
// byte for byte. What that server answers with a 4xx or a 5xx is no error here. body is the
// request's, whatever it holds.
// Nothing that the request names by URL is fetched but by the bridge.Runtime's Fetcher.
//
// Errors: ErrOptions, bridge.ErrOverloaded, ErrTooLarge, ErrClosed, *WorkerError and *FetchError,
// ctx's own, and *bridge.PyError of what is no Exception in Python, such as a panic of native code.
func (s *Server) Serve(ctx context.Context, route Route, body []byte, o Options) (*Response, error) {
	c := s.serveCall(route, body, o)
	answer, err := seam.Do(ctx, s.calls, c)
	if err == nil && o.Room == 0 {
		s.frames.put(c.Frame) // an answer came from Python, which is done with it
	}
	return answer, err
}

// ServeAsync is Serve as a future; ctx governs the call itself.
func (s *Server) ServeAsync(ctx context.Context, route Route, body []byte, o Options) *async.Future[*Response] {
	return seam.Start(ctx, s.calls, s.serveCall(route, body, o))
}

// Schemas returns the JSON Schemas of what the routes take and answer, as pydantic
// makes them of the models that validate it: {"$defs": {name: schema},
// "routes": {path: {"request": schema, "response": schema, "error": schema}}}.
func (s *Server) Schemas(ctx context.Context) (json.RawMessage, error) {
	return seam.Do(ctx, s.calls, s.serveSchemasCall())
}

// SchemasAsync is Schemas as a future.
func (s *Server) SchemasAsync(ctx context.Context) *async.Future[json.RawMessage] {
	return seam.Start(ctx, s.calls, s.serveSchemasCall())
}

var errNoRoute = errors.New("refserver: no such route")

// serveCall puts two lengths, the settings, the request's id and the body into a frame. The
// settings are the same in each request of a server, so that they are written, and read by
// Python, once.
func (s *Server) serveCall(route Route, body []byte, o Options) seam.Call[*Response] {
	known := routes.Of(int32(route))
	if known == nil {
		return failed(fmt.Errorf("%w: %d", errNoRoute, route))
	}
	if err := o.check(len(body)); err != nil {
		return failed(err)
	}
	if len(o.Models) == 0 {
		o.Models = []string{s.calls.Name()}
	}
	text, err := s.settings(&o)
	h := s.calls.Header(wire.OpServe, 0)
	h.Arg = int32(route)
	skip := 8 + len(text) + len(o.RequestID)
	var f []byte
	if inPlace := o.Room - skip - wire.RequestHeaderSize; inPlace >= 0 {
		f = wire.InPlace(h, body[inPlace:])
	} else {
		f = s.frames.get(h, skip+len(body)-o.Room)
	}
	f = binary.LittleEndian.AppendUint32(f, uint32(len(text)))
	f = binary.LittleEndian.AppendUint32(f, uint32(len(o.RequestID)))
	f = append(append(f, text...), o.RequestID...)
	if o.Room >= len(f) {
		f = f[:len(f)+len(body)-o.Room] // it is there
	} else {
		f = appendPieces(f, body[o.Room:])
	}
	return seam.Call[*Response]{
		Job:  seam.Job{Op: "serve", Frame: wire.Seal(f), Err: s.calls.Check(err), Skip: skip, Media: known.Media},
		Read: readResponse,
	}
}

// settings are Options as Python gets them, with what they were made of.
type settings struct {
	of   Options
	text []byte
}

// settings writes those of o, or has them from the call before.
func (s *Server) settings(o *Options) ([]byte, error) {
	if last := s.last.Load(); last != nil && last.of.MaxModelLen == o.MaxModelLen && last.of.MaxModelInputLen == o.MaxModelInputLen &&
		last.of.ContentType == o.ContentType && slices.Equal(last.of.Models, o.Models) {
		return last.text, nil
	}
	e := &jsonenc.Encoder{}
	o.encode(e)
	if e.Err == nil {
		made := &settings{of: *o, text: e.Buf}
		made.of.Models, made.of.RequestID = slices.Clone(o.Models), "" // the caller may change the one, and the other is each call's own
		s.last.Store(made)
	}
	return e.Buf, e.Err
}

func (o *Options) encode(e *jsonenc.Encoder) {
	e.Open('{')
	e.Key("models")
	e.Open('[')
	for _, name := range o.Models {
		e.Str(name, "model")
	}
	e.Close(']')
	e.Key("max_model_len")
	e.Integer(int64(cmp.Or(o.MaxModelLen, DefaultMaxModelLen)))
	if o.MaxModelInputLen > 0 {
		e.Key("max_model_input_len")
		e.Integer(int64(o.MaxModelInputLen))
	}
	if o.ContentType != "" && o.ContentType != "application/json" {
		e.Key("content_type")
		e.Str(latin1(o.ContentType), "content type")
	}
	e.Close('}')
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

func failed(err error) seam.Call[*Response] {
	return seam.Call[*Response]{Job: seam.Job{Err: err}}
}

func (s *Server) serveSchemasCall() seam.Call[json.RawMessage] {
	frame := wire.Frame(s.calls.Header(wire.OpServeSchemas, 0), "")
	return seam.Call[json.RawMessage]{
		Job:  seam.Job{Op: "serve_schemas", Frame: frame, Err: s.calls.Check(nil)},
		Read: func(r *wire.Reply) (json.RawMessage, error) { return r.Body, nil },
	}
}
