package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// full is an engine that has no place for a request.
type full struct{ idle }

func (full) Admit() error { return bridge.ErrOverloaded }

func (full) Serve(context.Context, refserver.Request) (*refserver.Response, error) {
	return nil, bridge.ErrOverloaded
}

// BenchmarkRefusal is a request of 1 KB that is answered with 429 and logged, with net/http and a socket around it. The
// client, which does as little as possible, is counted too.
func BenchmarkRefusal(b *testing.B) {
	l := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // what a line costs is part of it
	s, err := server.New(full{}, server.Options{Addrs: []string{"127.0.0.1:0"}, AccessLog: true, Log: l})
	require.NoError(b, err)
	c, err := net.Dial("tcp", run(b, s))
	require.NoError(b, err)
	defer c.Close()
	request := []byte("POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	in := make([]byte, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		n, err := c.Read(in)
		if err != nil || !bytes.HasPrefix(in[:n], []byte("HTTP/1.1 429 ")) || !bytes.HasSuffix(in[:n], []byte(`"code":429}}`)) {
			b.Fatal(err, string(in[:n]))
		}
	}
}
