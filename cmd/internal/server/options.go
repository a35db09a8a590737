package server

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// Options configure a Server. The zero value of a limit is its default.
type Options struct {
	Addrs    []string    // TCP addresses; port 0 is any free one
	UDS      string      // path of a Unix socket besides
	UDSMode  fs.FileMode // its permissions; 0: 0660
	CertFile string      // TLS on the TCP addresses; read again when it changes
	KeyFile  string
	Debug    string // address of pprof and expvar; none without it

	Keys    *Keys // API keys; nil: none are required
	KeysAll bool  // they guard every route but the probes, not only those below /v1

	MaxBody        int64         // of one request, also unpacked; 0: 64 MB
	BodyMemory     int64         // of all bodies that have come, above which requests are refused; 0: 1 GB
	MaxConnections int           // open at once, see conns; 0: one for each 64 KiB of BodyMemory and at least 64, if there are as many files
	CompressMin    int           // answers of that many bytes and more are packed; 0: 16 KB, negative: none
	Timeout        time.Duration // of the call; 0: 2 min
	ReadTimeout    time.Duration // for a request's body, and for a message of gRPC; 0: 30 s
	WriteTimeout   time.Duration // for callers to take an answer, of a large one for each 64 KiB; 0: 30 s
	IdleTimeout    time.Duration // of a connection between requests; 0: 2 min
	StreamIdle     time.Duration // between the messages of a stream of gRPC; 0: Timeout
	DrainDelay     time.Duration // between the end of readiness and that of the listeners
	Drain          time.Duration // for the requests under way, half of it for their bodies; 0: 30 s

	TokenizerInfo    bool   // have GET /tokenizer_info
	RequestIDHeaders bool   // answer with X-Request-Id
	Version          string // of the vLLM with which the answers were compared, for GET /version

	GRPC    http.Handler // gets HTTP/2 requests of the content type application/grpc
	OpenAPI http.Handler // GET /openapi.json
	Page    http.Handler // GET /

	Metrics   *telemetry.Metrics   // nil: its own
	Tracer    trace.TracerProvider // nil: none
	AccessLog bool
	Log       *slog.Logger // silent without it
}

const headerTimeout, maxHeader = 10 * time.Second, 16 << 10

func (o Options) withDefaults() (Options, error) {
	o.UDSMode = cmp.Or(o.UDSMode, 0o660)
	o.MaxBody = cmp.Or(o.MaxBody, 64<<20)
	o.BodyMemory = cmp.Or(o.BodyMemory, 1<<30)
	o.MaxConnections = cmp.Or(o.MaxConnections, defaultConnections(o.BodyMemory))
	o.CompressMin = cmp.Or(o.CompressMin, 16<<10)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Minute)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 30*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 2*time.Minute)
	o.StreamIdle = cmp.Or(o.StreamIdle, o.Timeout)
	o.Drain = cmp.Or(o.Drain, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = telemetry.NewMetrics(telemetry.Build{})
	}
	switch {
	case o.MaxBody < 0 || o.BodyMemory < o.MaxBody:
		return o, errors.New("server: the memory for bodies must hold one of the largest")
	case o.MaxConnections < 0:
		return o, errors.New("server: the number of connections must not be negative")
	case o.Timeout < 0 || o.ReadTimeout < 0 || o.WriteTimeout < 0 || o.IdleTimeout < 0 || o.StreamIdle < 0 || o.DrainDelay < 0 || o.Drain < 0:
		return o, errors.New("server: a time must not be negative")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return o, errors.New("server: TLS needs a certificate and its key")
	case o.UDSMode&^fs.ModePerm != 0:
		return o, errors.New("server: the permissions of a socket are 0 to 0777")
	}
	return o, nil
}
