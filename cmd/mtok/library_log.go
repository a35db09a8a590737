package main

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"
)

// takeLibraryLogs redirects the logs of libraries to log. Otherwise they write to the
// standard error stream themselves, and wait for its reader. Call it before they are used.
func takeLibraryLogs(log *slog.Logger) {
	slog.SetDefault(log) // and with it that of Go's own package log
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("a trace or a metric could not be sent", "error", err) }))
	grpclog.SetLoggerV2(grpcLog{grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard), log})
}

// grpcLog takes the errors of gRPC, and nothing below, as gRPC does by itself. It logs where
// they are from, and not their text, which may quote what could not be sent.
type grpcLog struct {
	grpclog.LoggerV2
	log *slog.Logger
}

func (l grpcLog) Error(args ...any)     { l.report(args) }
func (l grpcLog) Errorln(args ...any)   { l.report(args) }
func (l grpcLog) Errorf(string, ...any) { l.report(nil) }

func (l grpcLog) report(args []any) {
	attrs := []any{slog.String("place", grpcPlace())}
	if len(args) > 0 {
		if name := fmt.Sprint(args[0]); strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") && !strings.Contains(name, " ") {
			attrs = append(attrs, slog.String("component", strings.Trim(name, "[]")))
		}
	}
	l.log.Warn("gRPC reports an error", attrs...)
}

// grpcPlace is the first place on the stack that is not made for logging.
func grpcPlace() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "grpclog") && !strings.Contains(f.Function, "channelz") && !strings.Contains(f.File, "library_log.go") || !more {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
	}
}
