package server_test

import (
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// Streams whose message does not come end, with a word, and leave nothing behind.
func TestGRPC_noMessage(t *testing.T) {
	for at, keys := range []*server.Keys{nil, onlyKey(t)} {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			o := server.Options{ReadTimeout: 300 * time.Millisecond, Keys: keys}
			o.GRPC = calls(shared, o)
			url := serve(t, shared, o)
			before := runtime.NumGoroutine()
			for range 4 {
				f := framesTo(t, url)
				const n = 200
				for i := range n {
					id := f.open(t, []string{tokenizePath, streamPath}[i%2], "content-type", "application/grpc", "te", "trailers", "authorization", "Bearer key")
					switch i % 3 {
					case 1:
						require.NoError(t, f.WriteData(id, false, frame(0, 100, nil)[:3]))
					case 2:
						require.NoError(t, f.WriteData(id, false, frame(0, 100, []byte("half"))))
					}
				}
				f.flush(t)
				for id, st := range f.endsOf(t, n) {
					require.Equal(t, "4", st, id)
				}
				require.NoError(t, f.Close())
			}
			eventually(t, "the goroutines come back", func() bool { return runtime.NumGoroutine() <= before+4 })
			assert.Equal(t, "0", metrics(t, url)["mtok_http_body_memory_bytes"])
		})
	}
	// Nor may a stream that has begun wait for ever; one that waits for an answer may.
	e := &held{Engine: shared, gate: make(chan struct{})}
	o := server.Options{StreamIdle: 50 * time.Millisecond}
	o.GRPC = calls(e, o)
	c := dialed(t, serve(t, shared, o))
	begun := func() v1.TokenizerService_TokenizeStreamClient {
		stream, err := c.TokenizeStream(t.Context())
		require.NoError(t, err)
		require.NoError(t, stream.Send(item("m", "a b")))
		got, err := stream.Recv()
		require.NoError(t, err)
		require.Len(t, got.GetTokenize().GetTokens(), 2)
		return stream
	}
	tooLong := func(stream v1.TokenizerService_TokenizeStreamClient) {
		ended := make(chan error, 1)
		go func() {
			_, err := stream.Recv()
			ended <- err
		}()
		var err error
		select {
		case err = <-ended:
		case <-time.After(hang):
			t.Fatal("a stream that says no more is held: it has no end")
		}
		s := status.Convert(err)
		assert.Equal(t, codes.DeadlineExceeded, s.Code())
		assert.Equal(t, "The message took too long to come.", s.Message())
	}
	stream := begun()
	require.NoError(t, stream.Send(item("wait", "a b c")))
	eventually(t, "it is worked on", func() bool { return e.entered.Load() == 1 })
	tooLong(begun()) // one that is idle from now on, and ends first
	close(e.gate)
	got, err := stream.Recv()
	require.NoError(t, err)
	require.Len(t, got.GetTokenize().GetTokens(), 3)
	tooLong(stream)
}

func item(model, text string) *v1.TokenizeStreamRequest {
	return &v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_Tokenize{Tokenize: &v1.TokenizeRequest{Model: model, Text: text}}}
}

// The end of the server waits for no message, and for every answer.
func TestRun_endWithoutMessages(t *testing.T) {
	e := &held{Engine: shared, gate: make(chan struct{})}
	o := server.Options{ReadTimeout: time.Hour, Drain: 2 * time.Hour}
	o.GRPC = calls(e, o)
	url, stop, done := drained(t, quiet{shared}, o)
	f := framesTo(t, url)
	for i := range 100 {
		f.open(t, []string{tokenizePath, streamPath}[i%2], "content-type", "application/grpc", "te", "trailers")
	}
	f.pinged(t)
	c := dialed(t, url)
	stream, err := c.TokenizeStream(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(item("m", "a b")))
	_, err = stream.Recv()
	require.NoError(t, err)
	require.NoError(t, stream.Send(item("wait", "a b c")))
	eventually(t, "it is worked on", func() bool { return e.entered.Load() == 1 })
	stop()
	for id, st := range f.endsOf(t, 100) {
		require.Equal(t, "14", st, id)
	}
	select {
	case err := <-done:
		t.Fatal("it ended before the request did", err)
	default:
	}
	close(e.gate)
	got, err := stream.Recv()
	require.NoError(t, err)
	require.Len(t, got.GetTokenize().GetTokens(), 3)
	_, err = stream.Recv()
	s := status.Convert(err)
	assert.Equal(t, codes.Unavailable, s.Code())
	assert.Equal(t, "The server is shutting down.", s.Message())
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(hang):
		t.Fatal("the server did not end")
	}
}

// A stream that is not read from holds back what it sends: it is not kept.
func TestGRPC_flowControl(t *testing.T) {
	e := &held{Engine: shared, gate: make(chan struct{})}
	o := server.Options{MaxBody: 1 << 20, BodyMemory: 64 << 20}
	o.GRPC = calls(e, o)
	url := serve(t, shared, o)
	stream, err := dialed(t, url).TokenizeStream(t.Context())
	require.NoError(t, err)
	const n = 200
	var sent atomic.Int64
	go func() {
		for range n {
			assert.NoError(t, stream.Send(item("wait", strings.Repeat("x", 1<<19))))
			sent.Add(1)
		}
		assert.NoError(t, stream.CloseSend())
	}()
	eventually(t, "some are worked on", func() bool { return e.entered.Load() > 0 })
	last := int64(-1)
	require.Eventually(t, func() bool { // until no more are sent
		still := sent.Load() == last
		last = sent.Load()
		return still
	}, hang, 500*time.Millisecond)
	// Beside what is held: a window of HTTP/2, and what the client has ready.
	assert.LessOrEqual(t, last, int64(40))
	close(e.gate)
	for i := range n {
		got, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, uint64(i), got.GetIndex())
		require.NotEmpty(t, got.GetTokenize().GetTokens())
	}
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}
