package refserver

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// Route names an HTTP route of a reference server whose answers Serve gives.
type Route uint8

// Path is the route's path on its server, "" of one that there is not.
func (r Route) Path() string {
	if known := routes.Of(int32(r)); known != nil {
		return known.Path
	}
	return ""
}

// Request is an HTTP request to one of the routes.
type Request struct {
	Route Route
	Body  []byte // whatever it holds
	// ID is what the render routes call the request, without vLLM's prefix
	// (chatcmpl-, cmpl-). Without one the request's own request_id is taken, or a random one.
	ID string
	// ContentType is the value of the request's header; empty stands for application/json.
	// A request without the header has any other value, such as "none".
	ContentType string
	// MaxModelInputLen is that of bridge.WithMaxModelInputLen, for RouteMistralTokenize; 0: none,
	// and a request that is to be cut fails, as on mistral_common's server.
	MaxModelInputLen int
	// Room is how many bytes at the begin of Body are not the request's, but room for what goes before it on its way to
	// Python, so that the request is not copied: DefaultRoom is enough where names are not long, and where it is not, the
	// request is copied. What is in the room is overwritten. The memory is the Server's until Serve, or the future, has
	// an answer, and for ever if that is an error. 0: Body is copied, and is the caller's.
	Room int
}

// DefaultRoom is a fit Room.
const DefaultRoom = 1 << 10

// Serve answers an HTTP request as the reference's server does: the status, and the body
// byte for byte. What that server answers with a 4xx or a 5xx is no error here. The body is
// the caller's again when Serve has returned.
// Nothing that the request names by URL is fetched but by the bridge.Runtime's Fetcher.
//
// Errors: ErrOptions, bridge.ErrOverloaded, ErrTooLarge, ErrClosed, *WorkerError and *FetchError,
// ctx's own, and *bridge.PyError of what is no Exception in Python, such as a panic of native code.
func (s *Server) Serve(ctx context.Context, r Request) (*Response, error) {
	c := s.call(&r)
	answer, err := seam.Do(ctx, s.calls, c)
	if err == nil && r.Room == 0 {
		s.frames.put(c.Frame) // an answer came from Python, which is done with it
	}
	return answer, err
}

// ServeAsync is Serve as a future; ctx governs the call itself.
func (s *Server) ServeAsync(ctx context.Context, r Request) *async.Future[*Response] {
	return seam.Start(ctx, s.calls, s.call(&r))
}

// Schemas returns the JSON Schemas of what the routes take and answer, as pydantic
// makes them of the models that validate it: {"$defs": {name: schema},
// "routes": {path: {"request": schema, "response": schema, "error": schema}}}.
func (s *Server) Schemas(ctx context.Context) (json.RawMessage, error) {
	return seam.Do(ctx, s.calls, s.schemasCall())
}

// SchemasAsync is Schemas as a future.
func (s *Server) SchemasAsync(ctx context.Context) *async.Future[json.RawMessage] {
	return seam.Start(ctx, s.calls, s.schemasCall())
}

var errNoRoute = errors.New("refserver: no such route")

// call puts into a frame how long what follows is, the settings of the server, the request's id, its content type where that
// is not JSON's, and its body; see pyshim/server/asked.py.
func (s *Server) call(r *Request) seam.Call[*Response] {
	known := routes.Of(int32(r.Route))
	if known == nil {
		return failed(fmt.Errorf("%w: %d", errNoRoute, r.Route))
	}
	if r.MaxModelInputLen < 0 {
		return failed(fmt.Errorf("%w: MaxModelInputLen is %d", ErrOptions, r.MaxModelInputLen))
	}
	if r.Room < 0 || r.Room > len(r.Body) {
		return failed(fmt.Errorf("%w: Room is %d of %d bytes", ErrOptions, r.Room, len(r.Body)))
	}
	kind := r.ContentType
	if kind == "application/json" {
		kind = ""
	}
	h := s.calls.Header(wire.OpServe, 0)
	h.Arg = int32(r.Route)
	skip := 16 + len(s.settings) + len(r.ID) + len(kind)
	var f []byte
	if free := r.Room - skip - wire.RequestHeaderSize; free >= 0 {
		f = wire.InPlace(h, r.Body[free:])
	} else {
		f = s.frames.get(h, skip+len(r.Body)-r.Room)
	}
	for _, n := range []int{len(s.settings), len(r.ID), len(kind), r.MaxModelInputLen} {
		f = binary.LittleEndian.AppendUint32(f, uint32(n))
	}
	f = append(append(append(f, s.settings...), r.ID...), kind...)
	if len(f) <= r.Room {
		f = f[:len(f)+len(r.Body)-r.Room] // it is there
	} else {
		f = appendYielding(f, r.Body[r.Room:])
	}
	return seam.Call[*Response]{
		Job:  seam.Job{Op: "serve", Frame: wire.Seal(f), Err: s.calls.Check(nil), Skip: skip, Media: known.Media},
		Read: readResponse,
	}
}

func failed(err error) seam.Call[*Response] {
	return seam.Call[*Response]{Job: seam.Job{Err: err}}
}

func (s *Server) schemasCall() seam.Call[json.RawMessage] {
	frame := wire.Frame(s.calls.Header(wire.OpServeSchemas, 0), "")
	return seam.Call[json.RawMessage]{
		Job:  seam.Job{Op: "serve_schemas", Frame: frame, Err: s.calls.Check(nil)},
		Read: func(r *wire.Reply) (json.RawMessage, error) { return r.Body, nil },
	}
}
