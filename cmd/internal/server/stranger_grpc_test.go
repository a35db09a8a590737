package server_test

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// held is an engine whose gRPC calls for the model "wait" wait for the test.
type held struct {
	*engine.Engine
	entered atomic.Int64
	gate    chan struct{}
}

func (h *held) Lookup(name string) (*engine.Model, bool) {
	if name == "wait" {
		h.entered.Add(1)
		<-h.gate
		name = "m"
	}
	return h.Engine.Lookup(name)
}

const (
	tokenizePath = "/mistralbridge.v1.TokenizerService/Tokenize"
	streamPath   = "/mistralbridge.v1.TokenizerService/TokenizeStream"
)

// calls is the gRPC side of a server, with the limits of o.
func calls(e rpc.Engine, o server.Options) http.Handler {
	r := rpc.Options{MaxMessage: int(o.MaxBody)}
	if o.Keys != nil {
		r.Authorize = o.Keys.AllowAuthorization
	}
	return rpc.New(e, r)
}

func dialed(t testing.TB, url string) v1.TokenizerServiceClient {
	t.Helper()
	return v1.NewTokenizerServiceClient(conn(t, url))
}

func conn(t testing.TB, url string) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// frame is a message of gRPC that announces size bytes and has these.
func frame(flag byte, size int, text []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(size)), text...)
}

// endsOf reads the frames of a connection until n streams have a status, and gives those.
func (f *frames) endsOf(t testing.TB, n int) map[uint32]string {
	t.Helper()
	ends := map[uint32]string{}
	for len(ends) < n {
		got, err := f.ReadFrame()
		require.NoError(t, err, "%d of %d streams have an end", len(ends), n)
		switch got := got.(type) {
		case *http2.MetaHeadersFrame:
			for _, h := range got.RegularFields() {
				if h.Name == "grpc-status" {
					ends[got.StreamID] = h.Value
				}
			}
		case *http2.RSTStreamFrame:
			if !f.ended[got.StreamID] && ends[got.StreamID] == "" {
				ends[got.StreamID] = "reset: " + got.ErrCode.String()
			}
		}
	}
	for id := range ends {
		f.ended[id] = true // a reset may follow
	}
	return ends
}

func onlyKey(t testing.TB) *server.Keys {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	write(t, path, "key")
	keys, err := server.OpenKeys(path, logger(newLog()))
	require.NoError(t, err)
	return keys
}

// The key is looked at before anything of a message is waited for.
func TestGRPC_keyBeforeMessage(t *testing.T) {
	o := server.Options{Keys: onlyKey(t), ReadTimeout: time.Hour}
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	f := framesTo(t, url)
	const n = 50
	for i := range n {
		headers := []string{"content-type", "application/grpc", "te", "trailers"}
		if i%2 == 0 {
			headers = append(headers, "authorization", "Bearer other")
		}
		f.open(t, []string{tokenizePath, streamPath, "/x.Gone/Gone", "/tokenization.TokenizationService/Tokenize"}[i%4], headers...)
	}
	f.flush(t)
	for id, st := range f.endsOf(t, n) {
		require.Equal(t, "16", st, id)
	}
	assert.Equal(t, "0", metrics(t, url)["mtok_http_body_memory_bytes"])

	c := dialed(t, url)
	_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 3<<20)})
	s := status.Convert(err)
	assert.Equal(t, codes.Unauthenticated, s.Code())
	assert.Equal(t, "Unauthorized", s.Message())
	require.Len(t, s.Details(), 1)
	assert.Equal(t, "UNAUTHENTICATED", s.Details()[0].(*errdetails.ErrorInfo).GetReason())
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer key")
	got, err := c.Tokenize(ctx, &v1.TokenizeRequest{Text: "a b"})
	require.NoError(t, err)
	assert.Len(t, got.GetTokens(), 2)
	_, err = grpc_health_v1.NewHealthClient(conn(t, url)).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	assert.NoError(t, err, "probes have no key")
}

// Messages are held within the memory for bodies, no matter what waits; small ones pass.
func TestGRPC_messageMemory(t *testing.T) {
	for _, n := range []int{0, 1} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			own := shared
			if n > 0 {
				own = workers(t, n)
			}
			e := &held{Engine: own, gate: make(chan struct{})}
			o := server.Options{MaxBody: 2 << 20, BodyMemory: 32 << 20}
			o.GRPC = calls(e, o)
			url := serve(t, own, o)
			c := dialed(t, url)
			before := heap()
			const asked = 40
			ends := make(chan error, asked)
			for range asked {
				go func() {
					_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Model: "wait", Text: strings.Repeat("x", 2<<20-100)})
					ends <- err
				}()
			}
			const fit = 3 // four times their size in seven eighths of the memory
			refused := 0
			for range asked - fit {
				s := status.Convert(<-ends)
				require.Equal(t, codes.ResourceExhausted, s.Code(), s.Message())
				require.Len(t, s.Details(), 2, "with a time to try again")
				require.Equal(t, "OVERLOADED", s.Details()[0].(*errdetails.ErrorInfo).GetReason())
				refused++
			}
			eventually(t, "the others have come", func() bool { return e.entered.Load() == fit })
			// Beside them.
			for range 20 {
				_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "small"})
				require.NoError(t, err)
				require.Equal(t, 200, post(t, url+"/tokenize", chat).status)
			}
			close(e.gate)
			for range fit {
				require.NoError(t, <-ends)
			}
			eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
			eventually(t, "and is free", func() bool { return heap()-before < 16<<20 })
			_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 2<<20-100)})
			require.NoError(t, err)
		})
	}
}

// A message in pieces of one byte takes no more memory than in large ones; and one that inflates
// is put down at the limit.
func TestGRPC_swellingMessages(t *testing.T) {
	o := server.Options{MaxBody: 1 << 20, BodyMemory: 8 << 20, ReadTimeout: time.Hour, Timeout: time.Hour} // packing the bombs may take long
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	f := framesTo(t, url)
	f.pinged(t)
	id := f.open(t, tokenizePath, "content-type", "application/grpc", "te", "trailers")
	text := bytes.Repeat([]byte{0xff}, 20000) // no protobuf
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	for _, b := range frame(0, len(text), text) {
		require.NoError(t, f.WriteData(id, false, []byte{b}))
		if f.out.Buffered() > 8<<10 {
			f.flush(t)
		}
	}
	f.flush(t)
	assert.Equal(t, "13", f.endsOf(t, 1)[id])
	runtime.ReadMemStats(&m1)
	assert.Less(t, m1.TotalAlloc-m0.TotalAlloc, uint64(32<<20))

	c := dialed(t, url)
	want, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "packed, and packed again"})
	require.NoError(t, err)
	got, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "packed, and packed again"}, grpc.UseCompressor(gzip.Name))
	require.NoError(t, err)
	assert.Equal(t, want.GetTokens(), got.GetTokens())
	_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 1<<20-100)}, grpc.UseCompressor(gzip.Name))
	require.NoError(t, err)
	bomb := strings.Repeat("x", 64<<20)
	runtime.ReadMemStats(&m0)
	for range 3 {
		_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: bomb}, grpc.UseCompressor(gzip.Name))
		s := status.Convert(err)
		assert.Equal(t, codes.ResourceExhausted, s.Code())
		assert.Equal(t, "The message is larger than the limit of 1048576 bytes.", s.Message())
	}
	for i, text := range [][]byte{nil, []byte("no gzip"), gzipped(t, []byte("cut"))[:15]} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			id := f.open(t, tokenizePath, "content-type", "application/grpc", "te", "trailers", "grpc-encoding", "gzip")
			require.NoError(t, f.WriteData(id, true, frame(1, len(text), text)))
			f.flush(t)
			assert.Equal(t, "13", f.endsOf(t, 1)[id])
		})
	}
	// What is no message at all is gRPC's to refuse.
	for i, text := range []string{"", "\x00", "\x00\x00\x00\x00\x09cut", "\x07\x00\x00\x00\x00", "\x01\x00\x00\x00\x00"} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			id := f.open(t, tokenizePath, "content-type", "application/grpc", "te", "trailers")
			require.NoError(t, f.WriteData(id, true, []byte(text)))
			f.flush(t)
			assert.Equal(t, "13", f.endsOf(t, 1)[id], "%q", text)
		})
	}
}
