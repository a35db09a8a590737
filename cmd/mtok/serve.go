package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

func newServe(s streams, env *envFlags) *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve tokens over HTTP and gRPC, as vLLM's and mistral_common's servers do",
		Long: `serve answers the tokenizer and render routes of vLLM, and those of mistral_common's
own server, with the tokens of the reference; docs/SERVER.md lists them. /health never
waits for a tokenization.

Python runs in worker processes, as many as there are processors. With --workers 0 it runs
in this one, which has no other process, and where short requests wait behind a large one:
seconds of 27 MB.

It says "listening" and its URLs when the models are loaded. It listens before, so that
probes are answered; a model that cannot be loaded ends it.

Every flag is an environment variable too: --drain-delay is MTOK_SERVE_DRAIN_DELAY. The
command line wins; a variable of that form that is no flag's is warned of. SIGTERM ends it in order: /readyz fails, listeners close, requests
under way are answered. So does SIGHUP, unless it is ignored, as under nohup.`,
		Example: `  mtok serve --model v3-tekken
  mtok serve --model /models/mistral=mistral-small --addr :8000 --workers 4
  mtok serve --model v3-tekken --workers 0
  MTOK_SERVE_MODEL=v3-tekken MTOK_SERVE_UDS=/run/mtok.sock mtok serve
  mtok serve --env vllm --model /models/mistral`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := f.fromEnvironment(cmd.Flags())
			out := newLogBuffer(s.err, logBufferLimit)
			defer out.close(time.Second)
			log := f.logger(out)
			takeLibraryLogs(log)
			out.report = func(n int) {
				log.Warn("lines of the log were dropped: they are not read as fast as they come", "lines", n)
			}
			// The log's reader may go: without this the first line after that would end the process.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			for _, name := range unknownVariables(cmd.Flags()) {
				log.Warn("there is no such setting; mtok serve --help has them", "variable", name)
			}
			for _, check := range []func() error{func() error { return err }, env.check, f.check} {
				if err := check(); err != nil {
					return err
				}
			}
			if !cmd.Flags().Changed("vllm") {
				f.vllm = env.env != "default"
			}
			ctx, end := endOnHangup(cmd.Context())
			defer end()
			return serve(ctx, f, env, s, out, log)
		},
	}
	f.add(cmd)
	return cmd
}

// closing is how long the engine may take to end, once nobody waits for an answer.
const closing = 5 * time.Second

func serve(ctx context.Context, f *serveFlags, env *envFlags, s streams, out *logBuffer, log *slog.Logger) (err error) {
	limitMemory(log)
	e, err := startEngine(f, env, s, log)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if cerr := e.Close(ctx); cerr != nil {
			log.Warn("closing the engine", "error", cerr)
		}
	}()
	tracing, err := newTracing(ctx, env, log)
	if err != nil {
		return err
	}
	if tracing != nil {
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
			defer cancel()
			if terr := tracing.Shutdown(ctx); terr != nil {
				log.Warn("sending the last traces", "error", terr)
			}
		}()
	}
	o, err := serverOptions(f, e, log)
	if err != nil {
		return err
	}
	o.Metrics.AddDroppedLines(out.dropped.Load)
	if tracing != nil {
		o.Tracer = tracing
	}
	if f.grpc {
		calls := newRPC(f, e, o)
		defer calls.Stop()
		o.GRPC = calls
	}
	srv, err := server.New(e, o)
	if err != nil {
		return usageError{err}
	}
	if err := srv.Listen(); err != nil {
		return listenError(err)
	}
	log.Info("loading the models", "models", len(f.models))
	// It listens while the models are loaded; where they cannot be, it ends.
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		if err := e.Wait(ctx); err != nil {
			stop(err)
			return
		}
		urls := srv.LogListening()
		if f.logFormat == "text" || isTerminal(s.err) { // else all of stderr is JSON
			fmt.Fprintln(out, "mtok: ready:", strings.Join(urls, " "))
		}
	}()
	err = srv.Run(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return environmentOr(cause)
	}
	return err
}

// newTracing makes what sends traces; nil if they are not requested, or offline.
func newTracing(ctx context.Context, env *envFlags, log *slog.Logger) (*trace.TracerProvider, error) {
	if telemetry.Exports() && env.isOffline() {
		log.Warn("no traces are sent: --offline or MTOK_OFFLINE forbids every connection; MTOK_OFFLINE=0 allows them")
		return nil, nil //nolint:nilnil // no tracing is no error
	}
	tracing, err := telemetry.NewTracing(ctx, programVersion())
	if err != nil {
		return nil, usageError{err}
	}
	return tracing, nil
}

// listenError makes a usage error of what the command line says, but not of what the
// machine does: a port that another program has may be free in a moment.
func listenError(err error) error {
	var op *net.OpError
	var number syscall.Errno
	if !errors.As(err, &op) || !errors.As(err, &number) || slices.Contains([]syscall.Errno{syscall.ENOENT, syscall.ENOTDIR, syscall.EINVAL}, number) {
		return usageError{err}
	}
	return err
}

// environmentOr makes an environment's fault of what kept the models from being loaded,
// unless the model itself is at fault.
func environmentOr(err error) error {
	var py *bridge.PyError
	var env environmentError
	if errors.As(err, &env) || errors.As(err, &py) {
		return err
	}
	return environmentError{err}
}

// limitMemory gives Go's collector its share of a container's limit, of which Python has a part.
func limitMemory(log *slog.Logger) {
	const share = 0.6
	limit, err := memlimit.Set(memlimit.WithRatio(share), memlimit.WithProvider(memlimit.FromCgroup))
	if err != nil {
		log.Debug("no memory limit", "reason", err)
		return
	}
	if limit > 0 {
		log.Debug("memory limit", "bytes", limit)
	}
}
