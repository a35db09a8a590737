package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// shared is the engine of most tests, which leave it as it was.
var shared *engine.Engine

func TestMain(m *testing.M) {
	var err error
	shared, err = engine.Open(context.Background(), options())
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	http.DefaultClient.CloseIdleConnections()
	if err := leaked(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// hang is longer than anything takes on the slowest machine: what has not come by then never will.
const hang = 5 * time.Minute

// leaked reports goroutines that do not end.
func leaked() (err error) {
	for until := time.Now().Add(hang); time.Now().Before(until); {
		if err = goleak.Find(goleak.IgnoreAnyFunction("github.com/mistralbridge/mistralbridge/bridge/internal/executor.(*Executor).thread")); err == nil {
			return nil
		}
	}
	return err
}

func options(more ...bridge.Option) engine.Options {
	return engine.Options{
		Bridge: append([]bridge.Option{bridge.WithDistribution(bundled.Python())}, more...),
		Models: []engine.ModelSpec{{Source: bridge.Shipped("v3-tekken"), Path: "v3-tekken", Name: "m", Aliases: []string{"alias"}}},
	}
}

// run runs a server until the test ends, and returns its first address.
func run(t testing.TB, s *server.Server) string {
	t.Helper()
	require.NoError(t, s.Listen())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		require.NoError(t, <-done)
	})
	return s.Addrs()[0].String()
}

// quiet is an engine that a server's end does not drain, so that tests may share it.
type quiet struct{ server.Engine }

func (quiet) Drain() {}

// serve runs a server on an engine, and returns its URL.
func serve(t testing.TB, e server.Engine, o server.Options) string {
	t.Helper()
	if o.Addrs == nil {
		o.Addrs = []string{"127.0.0.1:0"}
	}
	s, err := server.New(quiet{e}, o)
	require.NoError(t, err)
	return "http://" + run(t, s)
}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request and reads its answer. Headers are "Name: value".
func ask(t testing.TB, method, url, text string, headers ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	a, err := try(ctx, http.DefaultClient, method, url, text, headers...)
	require.NoError(t, err, "%s %s has no answer", method, url)
	return a
}

func try(ctx context.Context, c *http.Client, method, url, text string, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return sent(c, r)
}

func sent(c *http.Client, r *http.Request) (answer, error) {
	resp, err := c.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b)}, err
}

const isJSON = "Content-Type: application/json"

// post asks with a JSON body.
func post(t testing.TB, url, text string, headers ...string) answer {
	t.Helper()
	return ask(t, http.MethodPost, url, text, append([]string{isJSON}, headers...)...)
}

// slow is an engine that answers when the test lets it, or when its context ends.
type slow struct {
	server.Engine
	entered chan struct{} // one for each call
	gate    chan struct{} // closed: continue
}

func newSlow(e server.Engine) *slow {
	return &slow{e, make(chan struct{}, 1000), make(chan struct{})}
}

func (s *slow) Serve(ctx context.Context, r refserver.Request) (*refserver.Response, error) {
	s.entered <- struct{}{}
	select {
	case <-s.gate:
		return s.Engine.Serve(ctx, r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// failing is an engine whose calls all fail: what Python or the machine would do to them.
type failing struct {
	server.Engine
	err error
}

func (f failing) Serve(context.Context, refserver.Request) (*refserver.Response, error) {
	return nil, f.err
}

// log is what a server wrote.
type log struct {
	mu  chan struct{}
	buf bytes.Buffer
}

func newLog() *log { return &log{mu: make(chan struct{}, 1)} }

func (l *log) Write(p []byte) (int, error) {
	l.mu <- struct{}{}
	defer func() { <-l.mu }()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu <- struct{}{}
	defer func() { <-l.mu }()
	return l.buf.String()
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, hang, time.Millisecond, what)
}
