package rpc_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// shared has a Tekken tokenizer, its default, and a SentencePiece one.
var shared *engine.Engine

var served = []engine.ModelSpec{
	{Source: bridge.Shipped("v3-tekken"), Name: "tekken", Aliases: []string{"/models/tekken"}},
	{Source: bridge.Shipped("v3"), Name: "spm"},
	{Source: bridge.Shipped("v3-tekken-mm"), Name: "images"},
}

func TestMain(m *testing.M) {
	var err error
	shared, err = engine.Open(context.Background(), engine.Options{
		Bridge: []bridge.Option{bridge.WithDistribution(bundled.Python())}, Models: served, MaxModelLen: 32 << 20,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
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

// way is how a client comes to the server.
type way struct {
	network string // tcp or unix
	http    bool   // through an http.Server, as beside the HTTP routes
}

var ways = []way{{"tcp", false}, {"unix", false}, {"tcp", true}, {"unix", true}}

func (w way) String() string {
	if w.http {
		return w.network + "-http"
	}
	return w.network
}

// dial serves e in that way until the test ends, and connects.
func dial(t testing.TB, w way, e rpc.Engine, o rpc.Options, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	address := "127.0.0.1:0"
	if w.network == "unix" {
		dir, err := os.MkdirTemp("", "rpc") // t.TempDir is too long a name for a socket
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
		address = filepath.Join(dir, "s")
	}
	listener, err := net.Listen(w.network, address)
	require.NoError(t, err)
	server := rpc.New(e, o)
	var ended sync.WaitGroup
	if w.http {
		protocols := &http.Protocols{}
		protocols.SetUnencryptedHTTP2(true)
		h := &http.Server{Handler: server, Protocols: protocols, ReadHeaderTimeout: time.Minute}
		ended.Go(func() { require.ErrorIs(t, h.Serve(listener), http.ErrServerClosed) })
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), hang)
			defer cancel()
			require.NoError(t, h.Shutdown(ctx))
			server.Stop()
			ended.Wait()
		})
	} else {
		ended.Go(func() { require.NoError(t, server.Serve(listener)) })
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), hang)
			defer cancel()
			rpc.Stop(ctx, server)
			require.NoError(t, ctx.Err())
			ended.Wait()
		})
	}
	target := "passthrough:///" + listener.Addr().String()
	if w.network == "unix" {
		target = "unix://" + address
	}
	opts = append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(rpc.DefaultMaxMessage), grpc.MaxCallSendMsgSize(rpc.DefaultMaxMessage)),
	}, opts...)
	conn, err := grpc.NewClient(target, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// serveOn serves e over TCP; the test ends the server.
func serveOn(t testing.TB, e rpc.Engine) (*grpc.ClientConn, *grpc.Server) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := rpc.New(e, rpc.Options{})
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn, server
}

// typed and llmd are clients of the shared engine over TCP.
func typed(t testing.TB) mistralbridgev1.TokenizerServiceClient {
	return mistralbridgev1.NewTokenizerServiceClient(dial(t, ways[0], shared, rpc.Options{}))
}

func llmd(t testing.TB) tokenization.TokenizationServiceClient {
	return tokenization.NewTokenizationServiceClient(dial(t, ways[0], shared, rpc.Options{}))
}

func model(t testing.TB, name string) *engine.Model {
	t.Helper()
	m, ok := shared.Lookup(name)
	require.True(t, ok)
	return m
}

// failed asserts the code and the reason of an error, and returns what it says.
func failed(t testing.TB, err error, code codes.Code, reason string) (*status.Status, *errdetails.ErrorInfo) {
	t.Helper()
	require.Error(t, err)
	s, ok := status.FromError(err)
	require.True(t, ok)
	require.Equal(t, code, s.Code(), s.Message())
	info := detail[*errdetails.ErrorInfo](s)
	require.NotNil(t, info, "%v", s.Details())
	require.Equal(t, reason, info.GetReason())
	require.Equal(t, "mistralbridge", info.GetDomain())
	return s, info
}

// detail is the detail of a type, or its zero value.
func detail[T any](s *status.Status) (none T) {
	for _, d := range s.Details() {
		if d, ok := d.(T); ok {
			return d
		}
	}
	return none
}

// lines is a log that tests read.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// contains waits for a text in the log, whose lines come after the answer.
func (l *lines) contains(t testing.TB, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(l.String(), text) }, hang, time.Millisecond, "%s", text)
}

func ptr[T any](v T) *T { return &v }
