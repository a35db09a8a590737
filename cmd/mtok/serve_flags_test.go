package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// A bound that is given on the command line is the server's, each its own.
func TestServerOptions_bounds(t *testing.T) {
	var f serveFlags
	cmd := &cobra.Command{}
	f.add(cmd)
	require.NoError(t, cmd.ParseFlags([]string{
		"--max-body=1001", "--body-memory=1002", "--max-connections=1010", "--compress-min=1003", "--timeout=1004s", "--read-timeout=1005s", "--write-timeout=1006s",
		"--idle-timeout=1007s", "--drain-delay=1008s", "--drain-timeout=1009s", "--uds-mode=0611",
	}))
	o, err := serverOptions(&f, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	assert.Equal(t, server.Options{
		MaxBody: 1001, BodyMemory: 1002, MaxConnections: 1010, CompressMin: 1003, Timeout: 1004 * time.Second, ReadTimeout: 1005 * time.Second,
		WriteTimeout: 1006 * time.Second, IdleTimeout: 1007 * time.Second, DrainDelay: 1008 * time.Second, Drain: 1009 * time.Second, UDSMode: 0o611,
	}, server.Options{
		MaxBody: o.MaxBody, BodyMemory: o.BodyMemory, MaxConnections: o.MaxConnections, CompressMin: o.CompressMin, Timeout: o.Timeout, ReadTimeout: o.ReadTimeout,
		WriteTimeout: o.WriteTimeout, IdleTimeout: o.IdleTimeout, DrainDelay: o.DrainDelay, Drain: o.Drain, UDSMode: o.UDSMode,
	})
}
