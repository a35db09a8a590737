package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// workers is an engine on worker processes.
func workers(t testing.TB, n int, more ...bridge.Option) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), options(append(more, bridge.WithWorkers(n))...))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	return e
}

// More callers than there are places: each gets its tokens or a 429, and nothing else.
func TestOverload(t *testing.T) {
	e := workers(t, 1, bridge.WithQueue(4))
	url := serve(t, e, server.Options{}) + "/tokenize"
	want := post(t, url, chat).body
	var asked, ok, refused atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			// However slow this side is beside the worker, in the end some come at once.
			for n := 0; n < 20 || ok.Load() == 0 || refused.Load() == 0; n++ {
				asked.Add(1)
				a, err := try(t.Context(), http.DefaultClient, "POST", url, chat, isJSON)
				switch {
				case err != nil:
					t.Error(err)
					return
				case a.status == 200 && a.body == want:
					ok.Add(1)
				case a.status == 429 && a.header.Get("Retry-After") == "1" &&
					a.body == `{"error":{"message":"Too many requests are waiting. Try again later.","type":"Too Many Requests","param":null,"code":429}}`:
					refused.Add(1)
				default:
					t.Error(a)
					return
				}
			}
		})
	}
	all.Wait()
	assert.Equal(t, asked.Load(), ok.Load()+refused.Load())
	assert.Positive(t, ok.Load())
	assert.Positive(t, refused.Load())
	assert.Equal(t, want, post(t, url, chat).body)
}

func TestServer_timeout(t *testing.T) {
	e := newSlow(shared)
	url := serve(t, e, server.Options{Timeout: 20 * time.Millisecond})
	a := post(t, url+"/tokenize", chat)
	assert.Equal(t, 504, a.status)
	assert.Equal(t, `{"error":{"message":"The request took too long.","type":"Gateway Timeout","param":null,"code":504}}`, a.body)
	a = post(t, url+"/v1/tokenize/", chat)
	assert.Equal(t, 504, a.status)
	assert.Equal(t, `{"detail":"The request took too long."}`, a.body)
}

// A call whose caller has gone is given up.
func TestServer_callerGone(t *testing.T) {
	e := newSlow(shared)
	l := newLog()
	url := serve(t, e, server.Options{AccessLog: true, Log: logger(l)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-e.entered
		cancel()
	}()
	_, err := try(ctx, http.DefaultClient, "POST", url+"/tokenize", chat, isJSON)
	require.ErrorIs(t, err, context.Canceled)
	eventually(t, "it is logged", func() bool { return strings.Contains(l.String(), "status=499") })
	assert.Contains(t, l.String(), "failure=canceled")
}

func TestServer_engineErrors(t *testing.T) {
	secret := "a prompt"
	for want, err := range map[string]error{
		`503 1 {"error":{"message":"The worker process ended during the request. Try again.","type":"ServiceUnavailableError","param":null,"code":503}}`: &bridge.WorkerError{Kind: bridge.ErrWorkerDied, Stderr: secret},
		`500  {"error":{"message":"The request needs more memory than a worker may have.","type":"InternalServerError","param":null,"code":500}}`:        &bridge.WorkerError{Kind: bridge.ErrWorkerMemory},
		`500  {"error":{"message":"Internal server error.","type":"InternalServerError","param":null,"code":500}}`:                                       &bridge.PyError{Type: "PanicException", Str: secret},
		`413  {"error":{"message":"The request is too large.","type":"Content Too Large","param":null,"code":413}}`:                                      bridge.ErrTooLarge,
		`503 1 {"error":{"message":"The server is shutting down.","type":"ServiceUnavailableError","param":null,"code":503}}`:                            bridge.ErrClosed,
		`400  {"error":{"message":"What the request names at messages.0 could not be fetched.","type":"Bad Request","param":null,"code":400}}`:           &bridge.FetchError{Place: "messages.0", URL: secret, Err: errors.New(secret)},
	} {
		l := newLog()
		url := serve(t, failing{shared, err}, server.Options{AccessLog: true, Log: logger(l)})
		a := post(t, url+"/tokenize", chat)
		assert.Equal(t, want, fmt.Sprintf("%d %s %s", a.status, a.header.Get("Retry-After"), a.body))
		assert.NotContains(t, l.String(), secret)
	}
}

type panicking struct{ server.Engine }

func (panicking) Serve(context.Context, refserver.Request) (*refserver.Response, error) {
	panic("a prompt")
}

func TestServer_panic(t *testing.T) {
	l := newLog()
	url := serve(t, panicking{shared}, server.Options{AccessLog: true, Log: logger(l)})
	a := post(t, url+"/tokenize", chat)
	assert.Equal(t, 500, a.status)
	assert.Contains(t, a.body, "InternalServerError")
	assert.Contains(t, l.String(), "msg=panic")
	assert.NotContains(t, l.String(), "a prompt")
	assert.Equal(t, 200, ask(t, "GET", url+"/health", "").status)
}

// kill -9 of a worker under load costs at most the request inside it, which may be tried again.
func TestServer_workerKilled(t *testing.T) {
	e := workers(t, 2)
	url := serve(t, e, server.Options{}) + "/tokenize"
	want := post(t, url, chat).body
	var lost, answered atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := try(t.Context(), http.DefaultClient, "POST", url, chat, isJSON)
				switch {
				case err != nil:
					t.Error(err)
				case a.status == 200 && a.body == want:
					answered.Add(1)
				case a.status == 503 && a.header.Get("Retry-After") == "1" && strings.Contains(a.body, "Try again."):
					lost.Add(1)
				default:
					t.Error(a)
				}
			}
		})
	}
	const kills = 5
	for range kills {
		eventually(t, "two workers", func() bool { return len(e.Stats().Workers) == 2 })
		before := answered.Load()
		require.NoError(t, syscall.Kill(e.Stats().Workers[0].PID, syscall.SIGKILL))
		eventually(t, "others are answered", func() bool { return answered.Load() > before+50 })
	}
	close(stop)
	all.Wait()
	assert.LessOrEqual(t, lost.Load(), int64(kills))
	assert.NoError(t, e.Ready())
}

// A body that does not come, or does not come to its end, ends the connection.
func TestBody_slow(t *testing.T) {
	url := serve(t, shared, server.Options{ReadTimeout: 50 * time.Millisecond})
	for i, start := range []string{
		"POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n",
		"POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"prompt\":",
		"POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"pro\r\n",
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			got, err := overTheWire(t, url, start)
			require.NoError(t, err, "the connection is closed")
			assert.True(t, strings.HasPrefix(got, "HTTP/1.1 408 "), got)
			assert.Contains(t, got, `{"error":{"message":"The request body took too long.","type":"Request Timeout","param":null,"code":408}}`)
		})
	}
	// Also where nobody reads it, and then soon.
	url = serve(t, shared, server.Options{ReadTimeout: time.Hour})
	for _, path := range []string{"/nope", "/health"} {
		_, err := overTheWire(t, url, "GET "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
		require.NoError(t, err, path)
	}
	assert.Equal(t, 200, post(t, url+"/tokenize", chat).status)
}

// overTheWire writes a piece of a request and reads until the server closes.
func overTheWire(t *testing.T, url, text string) (string, error) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(hang)))
	got, err := io.ReadAll(c)
	return string(got), err
}

// A caller who does not read a large answer is given up.
func TestAnswer_largeNotRead(t *testing.T) {
	l := newLog()
	url := serve(t, idle{tokensOf(4 << 20)}, server.Options{Timeout: 100 * time.Millisecond, WriteTimeout: time.Second, AccessLog: true, Log: logger(l)})
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4096))
	_, err = fmt.Fprintf(c, "POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	require.NoError(t, err)
	eventually(t, "the request ends", func() bool { return strings.Contains(l.String(), "route=/tokenize status=200") })
	assert.NotContains(t, l.String(), "out=29", "most of it was never sent")
}

func TestRun_addressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s, err := server.New(quiet{shared}, server.Options{Addrs: []string{"127.0.0.1:0", l.Addr().String()}})
	require.NoError(t, err)
	require.ErrorIs(t, s.Run(t.Context()), syscall.EADDRINUSE)
	s, err = server.New(quiet{shared}, server.Options{})
	require.NoError(t, err)
	require.Error(t, s.Run(t.Context()))
}
