package server_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// openLogged opens an engine that logs.
func openLogged(t *testing.T, w io.Writer) (*engine.Engine, error) {
	t.Helper()
	o := options()
	o.Log = logger(w)
	e, err := engine.Open(t.Context(), o)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	}
	return e, err
}

func withAddr(o server.Options) server.Options {
	o.Addrs = []string{"127.0.0.1:0"}
	return o
}
