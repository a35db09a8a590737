package rpc

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// Engine is what a server needs of an [engine.Engine].
type Engine interface {
	Serve(ctx context.Context, r refserver.Request) (*refserver.Response, error)
	Models() []*engine.Model
	Lookup(name string) (*engine.Model, bool)
	Asked(body []byte) (*engine.Model, []pyjson.Member, error)
	Ready() error
	Info() bridge.Info
}

var _ Engine = (*engine.Engine)(nil)

// Options are the settings of New; the zero value serves, silently.
type Options struct {
	Log            *slog.Logger         // each call, and what goes wrong; nil: silent
	Quiet          bool                 // only what goes wrong
	TracerProvider trace.TracerProvider // nil: no traces, and no cost of them
	Metrics        Metrics              // nil: none
	// Raised is called with the class of each Python exception behind an INTERNAL; it may be nil.
	Raised     func(class string)
	MaxMessage int           // bytes of a message, either way; 0: DefaultMaxMessage
	Timeout    time.Duration // of a call, and of each request of a stream; 0: the caller's own
	Window     int           // requests of a stream under way at once; 0: DefaultWindow
	// Authorize is given the authorization of every call but those of health, "" without
	// one, and says whether it is served; nil: everyone is. It decides in constant time.
	Authorize func(authorization string) bool
}

// Metrics is notified of every call of a known method, except health checks. method is
// "package.Service/Method" and code the name of a gRPC code, so both are few. It must be
// safe for any number of goroutines.
type Metrics interface {
	RPCStarted(method string)
	// RPCHandled has the bytes of the messages as they crossed, and the tokens answered.
	RPCHandled(method, code string, elapsed time.Duration, received, sent, tokens int64)
}

// Defaults of Options.
const (
	// DefaultMaxMessage is that of llm-d's client and server.
	DefaultMaxMessage = 100 << 20
	// DefaultWindow keeps a worker or two busy, and leaves the queue to others.
	DefaultWindow = 16
)
