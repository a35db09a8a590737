package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// idle is an engine that answers at once: what is left is the cost of the server.
type idle struct{ served *refserver.Response }

func (e idle) Serve(context.Context, refserver.Request) (*refserver.Response, error) {
	return e.served, nil
}
func (idle) Models() []*engine.Model { return nil }
func (idle) Asked([]byte) (*engine.Model, []pyjson.Member, error) {
	return nil, nil, engine.ErrLoading
}
func (idle) Admit() error        { return nil }
func (idle) Loaded() bool        { return true }
func (idle) Ready() error        { return nil }
func (idle) Info() bridge.Info   { return bridge.Info{} }
func (idle) Stats() bridge.Stats { return bridge.Stats{} }
func (idle) Drain()              {}

// tokensOf is an answer of /tokenize with n tokens.
func tokensOf(n int) *refserver.Response {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32(1000 + i%100000)
	}
	return &refserver.Response{
		Status: 200, Tokens: tokens,
		Head: []byte(`{"count":200,"max_model_len":32768,"tokens":`), Tail: []byte(`,"token_strs":null}`),
	}
}

// discard is a writer that keeps nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// body is a request's that can be read again.
type body struct{ *strings.Reader }

func (body) Close() error { return nil }

// BenchmarkHandler is the handler alone, without net/http: a body of 1 KB, 200 tokens.
func BenchmarkHandler(b *testing.B) {
	for _, log := range []bool{false, true} {
		b.Run(fmt.Sprintf("log=%t", log), func(b *testing.B) {
			l := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // what a line costs is part of it
			s, err := server.New(idle{tokensOf(200)}, server.Options{AccessLog: log, Log: l})
			require.NoError(b, err)
			text := strings.Repeat("x", 1024)
			in := body{strings.NewReader(text)}
			r := httptest.NewRequest(http.MethodPost, "/tokenize", nil)
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = in, int64(len(text))
			w := discard{http.Header{}}
			h := s.Handler()
			b.ReportAllocs()
			for b.Loop() {
				in.Reset(text)
				h.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkConnection has net/http and a socket around it; the client is counted too.
func BenchmarkConnection(b *testing.B) {
	s, err := server.New(idle{tokensOf(200)}, server.Options{Addrs: []string{"127.0.0.1:0"}})
	require.NoError(b, err)
	addr := run(b, s)
	c, err := net.Dial("tcp", addr)
	require.NoError(b, err)
	defer c.Close()
	request := []byte("POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	in := bufio.NewReaderSize(c, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			b.Fatal(err)
		}
		if err := r.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLargeAnswer writes a million tokens.
func BenchmarkLargeAnswer(b *testing.B) {
	s, err := server.New(idle{tokensOf(1 << 20)}, server.Options{})
	require.NoError(b, err)
	in := body{strings.NewReader("{}")}
	r := httptest.NewRequest(http.MethodPost, "/tokenize", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body, r.ContentLength = in, 2
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		in.Reset("{}")
		s.Handler().ServeHTTP(w, r)
	}
}
