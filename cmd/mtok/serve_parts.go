package main

import (
	"context"
	"log/slog"
	"runtime"

	"google.golang.org/grpc"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/openapi"
	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
	"github.com/mistralbridge/mistralbridge/pyshim"
)

func startEngine(f *serveFlags, env *envFlags, s streams, log *slog.Logger) (*engine.Engine, error) {
	specs, err := f.specs()
	if err != nil {
		return nil, usageError{err}
	}
	opts, err := f.bridgeOptions()
	if err != nil {
		return nil, err
	}
	if err := env.oneOf(); err != nil {
		return nil, err
	}
	if !env.verbose {
		opts = append(opts, bridge.WithLogger(slog.New(withoutPython{log.Handler()})))
	}
	e, err := engine.Start(engine.Options{
		Models: specs, Load: f.loadOptions(), VLLM: f.vllm, MaxModelLen: f.maxModelLen, Log: log,
		Open: func(ctx context.Context) (*bridge.Runtime, error) {
			rt, _, err := env.open(ctx, s, opts...)
			return rt, err
		},
	})
	if err != nil {
		return nil, usageError{err}
	}
	return e, nil
}

func serverOptions(f *serveFlags, e *engine.Engine, log *slog.Logger) (server.Options, error) {
	mode, err := f.permissions()
	if err != nil {
		return server.Options{}, usageError{err}
	}
	vllm, err := pyshim.ComparedVLLM()
	if err != nil {
		return server.Options{}, err
	}
	o := server.Options{
		Addrs: f.addrs, UDS: f.uds, UDSMode: mode, CertFile: f.tlsCert, KeyFile: f.tlsKey, Debug: f.debugAddr, KeysAll: f.keysAll,
		MaxBody: f.maxBody, BodyMemory: f.bodyMemory, MaxConnections: f.maxConnections, CompressMin: f.compressMin, Timeout: f.timeout, ReadTimeout: f.readTimeout,
		WriteTimeout: f.writeTimeout, IdleTimeout: f.idleTimeout, DrainDelay: f.drainDelay, Drain: f.drain,
		TokenizerInfo: f.tokenizerInfo, RequestIDHeaders: f.requestIDHeaders, Version: vllm,
		AccessLog: f.accessLog == "on", Log: log, Page: page.Handler(),
		OpenAPI: openapi.Handler(func(ctx context.Context) ([]byte, error) {
			schemas, err := e.Schemas(ctx)
			if err != nil {
				return nil, err
			}
			return openapi.Document(schemas, openapi.Info{
				Version: programVersion(), Reference: "mistral_common " + e.Info().Packages["mistral-common"],
				TokenizerInfo: f.tokenizerInfo, Keys: f.keyFile != "", KeysAll: f.keysAll,
			})
		}),
		Metrics: telemetry.NewMetrics(telemetry.Build{
			Program: programVersion(), Go: runtime.Version(), Reference: lockVersions()["mistral-common"],
		}),
	}
	if f.keyFile != "" {
		if o.Keys, err = server.OpenKeys(f.keyFile, log); err != nil {
			return o, usageError{err}
		}
	}
	return o, nil
}

// newRPC makes the gRPC side, with the limits, keys and telemetry of the HTTP side.
func newRPC(f *serveFlags, e *engine.Engine, o server.Options) *grpc.Server {
	r := rpc.Options{
		TracerProvider: o.Tracer, Metrics: rpc.NewPrometheus(o.Metrics.Registry), MaxMessage: int(f.maxBody), Timeout: f.timeout,
		Log: o.Log, Quiet: !o.AccessLog, Raised: o.Metrics.Raised,
	}
	if o.Keys != nil {
		r.Authorize = o.Keys.AllowAuthorization
	}
	return rpc.New(e, r)
}
