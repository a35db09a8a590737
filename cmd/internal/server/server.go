package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// Engine is what a server asks: an *engine.Engine. All but Serve must not wait.
type Engine interface {
	Admit() error
	Serve(ctx context.Context, r refserver.Request) (*refserver.Response, error)
	Models() []*engine.Model
	Asked(body []byte) (*engine.Model, []pyjson.Member, error)
	Loaded() bool
	Ready() error
	Info() bridge.Info
	Stats() bridge.Stats
	Drain()
}

// Server answers HTTP with an engine. Its Handler is safe for any number of goroutines;
// Run is called once.
type Server struct {
	o       Options
	engine  Engine
	routes  map[string]*route
	unknown *route // what no route is
	handler http.Handler
	tracer  trace.Tracer // nil: none
	pack    func(http.Handler) http.HandlerFunc
	memory  atomic.Int64 // that bodies take up
	small   atomic.Int64 // of it, what small ones do

	scavenger *scavenger // of what large ones have left

	draining    context.Context // ends when calls that wait for a message are to end
	endWaiting  context.CancelFunc
	cutting     context.Context // ends when bodies under way are to end
	cutBodies   context.CancelFunc
	shapes      map[string]shape // of the methods of gRPC
	largeMemory int64            // what bodies may take up where one of them is large

	conns     conns
	listeners []listener   // nil again when they are closed
	bound     []listener   // the same, from Listen on
	debug     net.Listener // nil: none
	tls       *tls.Config  // nil: none
}

type listener struct {
	net.Listener
	tls bool
}

// New makes a server; nothing listens yet. It fails where the options contradict each
// other.
func New(e Engine, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, engine: e, routes: map[string]*route{}, largeMemory: max(o.MaxBody, o.BodyMemory-o.BodyMemory/8)}
	s.conns = conns{most: o.MaxConnections, log: o.Log, all: map[*pacedConn]struct{}{}}
	s.shapes = shapes(o.GRPC)
	s.scavenger = s.newScavenger()
	s.draining, s.endWaiting = context.WithCancel(context.Background())
	s.cutting, s.cutBodies = context.WithCancel(context.Background())
	if err := s.addPacking(); err != nil {
		return nil, err
	}
	if err := s.addRoutes(); err != nil {
		return nil, err
	}
	o.Metrics.AddBridge(e.Stats, e.Ready)
	o.Metrics.AddMemory(s.memory.Load)
	s.handler = s
	if o.Tracer != nil {
		s.addTracing()
	}
	return s, nil
}

// Handler is all of the server but its listeners.
func (s *Server) Handler() http.Handler { return s.handler }

// ServeHTTP is Handler without traces.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.GRPC != nil && isGRPC(r) {
		s.serveGRPC(w, r)
		return
	}
	path := r.URL.Path
	rt := s.routes[path]
	if rt == nil {
		rt = s.unknown
	}
	if r.ProtoMajor == 1 {
		var done func()
		r, done = watchCaller(r)
		defer done()
	}
	x := newExchange(s, rt, w, r)
	defer x.finish()
	switch {
	case s.o.Keys != nil && (rt.guarded || rt == s.unknown && (s.o.KeysAll || routes.Guarded(path))) && r.Method != http.MethodOptions && !s.o.Keys.Allow(r):
		x.json(http.StatusUnauthorized, `{"error":"Unauthorized"}`)
	case rt == s.unknown:
		if to, ok := s.redirect(r); ok {
			w.Header()["Location"] = []string{to}
			x.empty(http.StatusTemporaryRedirect)
			return
		}
		x.json(http.StatusNotFound, `{"detail":"Not Found"}`)
	case !slices.Contains(rt.Methods, r.Method):
		w.Header()["Allow"] = []string{strings.Join(rt.Methods, ", ")}
		x.json(http.StatusMethodNotAllowed, `{"detail":"Method Not Allowed"}`)
	default:
		rt.handle(s, x)
	}
}

// admit receives the body, of which nothing is read where there is no place for it; false: the
// caller has the error.
func (x *exchange) admit() bool {
	if x.s.engine.Admit() != nil {
		x.fail(overloaded)
		return false
	}
	return x.receive()
}

// serve answers a request with a body. Where there is no place for it, nothing of it is read.
func (s *Server) serve(x *exchange) {
	if x.admit() {
		s.callEngine(x)
	}
}
