package main

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// serveFlags are those of mtok serve.
type serveFlags struct {
	cmd            *cobra.Command
	models, addrs  []string
	uds, udsMode   string
	workers, queue int
	gather         time.Duration
	workerMemory   uint64
	memo           int64
	vllm           bool
	mode           string
	download       bool
	fetch          fetchFlag
	maxModelLen    int

	maxBody, bodyMemory int64
	maxConnections      int
	compressMin         int
	timeout             time.Duration
	readTimeout         time.Duration
	writeTimeout        time.Duration
	idleTimeout         time.Duration
	drainDelay, drain   time.Duration

	tlsCert, tlsKey  string
	keyFile          string
	keysAll          bool
	tokenizerInfo    bool
	requestIDHeaders bool
	grpc             bool

	accessLog           string
	logLevel, logFormat string
	debugAddr           string

	variables map[string]bool // flags that the environment has set
}

// The values of flags that have certain ones.
var (
	onOff      = []string{"on", "off"}
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"text", "json"}
)

func (f *serveFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	p := cmd.Flags()
	p.SortFlags = false
	p.StringSliceVar(&f.models, "model", nil, "models: a shipped tokenizer, a file, a model directory or a model id; SOURCE=NAME=ALIAS… names it")
	// The other commands' word for it. One value, so that their order on a command line is kept.
	p.AddFlag(&pflag.Flag{Name: "tokenizer", Shorthand: "t", Value: p.Lookup("model").Value, Usage: "the same as --model"})
	p.StringSliceVar(&f.addrs, "addr", []string{"127.0.0.1:8000"}, `addresses to listen on; "" for none`)
	p.StringVar(&f.uds, "uds", "", "path of a Unix socket to listen on besides")
	p.StringVar(&f.udsMode, "uds-mode", "0660", "permissions of the socket")
	p.IntVar(&f.workers, "workers", serveWorkers(), "worker processes that run Python, the first 220 MB with all of the server, each further one 10; 0: Python runs in this process, or in one worker if it was built without cgo, and short requests wait behind large ones")
	p.Lookup("workers").DefValue = "as many as processors"
	p.DurationVar(&f.gather, "gather", 0, "short calls that a busy worker gets before an idle one is woken; 0: 2ms with as many workers as processors, else none; below 0: none")
	p.IntVar(&f.queue, "queue", 1024, "calls that may wait; above that requests are answered with 429")
	p.Int64Var(&f.memo, "memo", bridge.DefaultMemo, "bytes of texts and their tokens that each worker remembers, so that the next turn of a chat costs its new text only; 0: none")
	p.Uint64Var(&f.workerMemory, "worker-memory", 0, "address space of a worker beyond what it shares, in bytes; 0: any")
	p.BoolVar(&f.vllm, "vllm", false, "answer with vLLM's own classes, where the environment has vLLM (implied by --env vllm)")
	p.StringVar(&f.mode, "mode", modes[0], "validation mode of mistral_common: "+strings.Join(modes, ", "))
	p.BoolVar(&f.download, "download", false, "let a model id that is not shipped come from the Hugging Face hub")
	f.fetch.add(cmd)
	p.IntVar(&f.maxModelLen, "max-model-len", 0, "max_model_len in answers; 0: what the model directory says, else "+strconv.Itoa(engine.DefaultMaxModelLen))

	p.Int64Var(&f.maxBody, "max-body", 64<<20, "bytes of a request's body, also unpacked")
	p.Int64Var(&f.bodyMemory, "body-memory", 1<<30, "bytes of all bodies that have come, above which requests are answered with 429; an eighth is for bodies up to 64 KiB, a gRPC message counts four times")
	p.IntVar(&f.maxConnections, "max-connections", 0, "connections, and requests of HTTP/2, that may be open at once; above that those that have waited longest are ended; 0: one for each 64 KiB of --body-memory and at least 64, at most seven eighths of the open files")
	p.IntVar(&f.compressMin, "compress-min", 16<<10, "bytes of an answer from which on it is packed, for callers that accept it; -1: never")
	p.DurationVar(&f.timeout, "timeout", 2*time.Minute, "time for a call, in the queue and in Python, and between the messages of a gRPC stream")
	p.DurationVar(&f.readTimeout, "read-timeout", 30*time.Second, "time for a request's body or a gRPC message to arrive; of one above 64 KiB, so much is to come every 10s")
	p.DurationVar(&f.writeTimeout, "write-timeout", 30*time.Second, "time for a caller to take an answer; of one above 64 KiB, so much in each such time")
	p.DurationVar(&f.idleTimeout, "idle-timeout", 2*time.Minute, "time for which a connection is kept between requests; above that of a load balancer in front")
	p.DurationVar(&f.drainDelay, "drain-delay", 0, "time between the end of /readyz and that of the listeners")
	p.DurationVar(&f.drain, "drain-timeout", 30*time.Second, "time for the requests under way at the end; half of it for bodies that have not arrived, three quarters for answers that are not read")

	p.StringVar(&f.tlsCert, "tls-cert", "", "TLS certificate in PEM; read again when it changes")
	p.StringVar(&f.tlsKey, "tls-key", "", "its key")
	p.StringVar(&f.keyFile, "api-key-file", "", "file of API keys, one a line, for the routes below /v1; read again when it changes")
	p.BoolVar(&f.keysAll, "api-key-all", false, "ask for a key on all routes but the probes")
	p.BoolVar(&f.tokenizerInfo, routes.Named("tokenizer_info").Flag, false, "have GET /tokenizer_info")
	p.BoolVar(&f.requestIDHeaders, "enable-request-id-headers", false, "answer with X-Request-Id")
	p.BoolVar(&f.grpc, "grpc", true, "serve gRPC on the same addresses")

	p.StringVar(&f.accessLog, "access-log", "on", "a line for each request: on or off")
	p.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error; health checks are logged at debug")
	p.StringVar(&f.logFormat, "log-format", "text", "text or json")
	p.StringVar(&f.debugAddr, "debug-addr", "", "address of pprof and expvar; none without it")
}

// check finds what is wrong with the flags before any Python is started.
func (f *serveFlags) check() error {
	wrong := func(flag, format string, args ...any) error {
		return usageError{fmt.Errorf(f.place(flag)+": "+format, args...)}
	}
	switch {
	case len(f.models) == 0:
		return wrong("model", "name at least one, such as --model v3-tekken")
	case !slices.Contains(modes, f.mode):
		return wrong("mode", "there is no mode %q; there are %s", f.mode, strings.Join(modes, ", "))
	case f.workers < 0:
		return wrong("workers", "the number must not be negative")
	case f.workerMemory > 0 && f.workers == 0:
		return wrong("worker-memory", "it needs --workers above 0")
	case f.queue < 1:
		return wrong("queue", "the queue needs at least one place")
	case f.maxBody < 1:
		return wrong("max-body", "the limit must be above zero")
	case f.bodyMemory < f.maxBody:
		return wrong("body-memory", "it must not be below --max-body")
	case f.memo < 0:
		return wrong("memo", "it must be 0 or more")
	case f.maxConnections < 0:
		return wrong("max-connections", "the number must not be negative")
	case f.timeout <= 0:
		return wrong("timeout", "the time must be above zero")
	case f.readTimeout <= 0:
		return wrong("read-timeout", "the time must be above zero")
	case f.writeTimeout <= 0:
		return wrong("write-timeout", "the time must be above zero")
	case f.idleTimeout <= 0:
		return wrong("idle-timeout", "the time must be above zero")
	case f.drainDelay < 0:
		return wrong("drain-delay", "the time must not be negative")
	case f.drain <= 0:
		return wrong("drain-timeout", "the time must be above zero")
	case !slices.Contains(onOff, f.accessLog):
		return wrong("access-log", "there are on and off, not %q", f.accessLog)
	case !slices.Contains(logFormats, f.logFormat):
		return wrong("log-format", "there are text and json, not %q", f.logFormat)
	case f.keysAll && f.keyFile == "":
		return wrong("api-key-all", "it needs --api-key-file")
	case f.tlsCert == "" != (f.tlsKey == ""):
		return wrong("tls-cert", "--tls-cert and --tls-key belong together")
	case f.maxModelLen < 0:
		return wrong("max-model-len", "the length must not be negative")
	case len(f.addrs) == 0 && f.uds == "":
		return wrong("addr", "neither an address nor a socket (--uds) to listen on")
	}
	if _, err := f.permissions(); err != nil {
		return wrong("uds-mode", "%w", err)
	}
	if new(slog.LevelVar).UnmarshalText([]byte(f.logLevel)) != nil {
		return wrong("log-level", "there are debug, info, warn and error, not %q", f.logLevel)
	}
	if _, err := f.specs(); err != nil {
		return wrong("model", "%w", err)
	}
	return nil
}

func (f *serveFlags) permissions() (fs.FileMode, error) {
	mode, err := strconv.ParseUint(f.udsMode, 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		return 0, fmt.Errorf("%q: permissions are octal, such as 0660", f.udsMode)
	}
	return fs.FileMode(mode), nil
}

// specs reads --model: SOURCE=NAME=ALIAS…, where the name is the source without one.
func (f *serveFlags) specs() ([]engine.ModelSpec, error) {
	all := make([]engine.ModelSpec, 0, len(f.models))
	for _, one := range f.models {
		parts := strings.Split(one, "=")
		source := parts[0]
		if source == "" || slices.Contains(parts, "") {
			return nil, fmt.Errorf("%q: a model is SOURCE, SOURCE=NAME or SOURCE=NAME=ALIAS", one)
		}
		if err := checkSource(one, source); err != nil {
			return nil, err
		}
		spec := engine.ModelSpec{Source: parseSource(source), Path: source, Name: source}
		if len(parts) > 1 {
			spec.Name, spec.Aliases = parts[1], parts[2:]
		}
		all = append(all, spec)
	}
	return all, nil
}

// loadOptions are those of each model.
func (f *serveFlags) loadOptions() []bridge.LoadOption {
	opts := []bridge.LoadOption{bridge.WithMode(bridge.Mode(f.mode))}
	if f.download {
		opts = append(opts, bridge.WithHub(bridge.Hub{}))
	}
	return opts
}

// bridgeOptions are those that the bridge is opened with.
func (f *serveFlags) bridgeOptions() ([]bridge.Option, error) {
	opts, err := f.fetch.options()
	if err != nil {
		return nil, err
	}
	opts = append(opts, bridge.WithQueue(f.queue), bridge.WithMemo(f.memo))
	if f.workers > 0 {
		opts = append(opts, bridge.WithWorkers(f.workers))
		gather := f.gather
		if gather == 0 && f.workers >= runtime.GOMAXPROCS(0) {
			gather = 2 * time.Millisecond // no processor is left for the server's own work
		}
		if gather > 0 {
			opts = append(opts, bridge.WithGather(gather))
		}
	}
	if f.workerMemory > 0 {
		opts = append(opts, bridge.WithWorkerMemory(f.workerMemory))
	}
	return opts, nil
}

func (f *serveFlags) logger(w io.Writer) *slog.Logger {
	var level slog.LevelVar
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		level.Set(slog.LevelInfo) // check has refused it
	}
	o := &slog.HandlerOptions{Level: &level}
	if f.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
