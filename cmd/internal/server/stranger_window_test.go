package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/protobuf/proto"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// closed is a window that lets no byte of an answer through.
var closed = http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}

// windowed are requests whose answers wait for a window, with their headers.
var windowed = map[string][]string{
	"/tokenize":     {"content-type", "application/json"},
	"/nothing":      nil,
	"/v1/tokenize/": {"content-type", "application/json"},
	tokenizePath:    {"content-type", "application/grpc", "te", "trailers"},
	streamPath:      {"content-type", "application/grpc", "te", "trailers"},
}

// Streams whose windows stay closed end, whatever they would answer; those beside them do not.
func TestHTTP2_streamWindow(t *testing.T) {
	o := server.Options{WriteTimeout: 300 * time.Millisecond, ReadTimeout: 300 * time.Millisecond, Timeout: time.Second, CompressMin: -1, StreamIdle: time.Hour}
	o.GRPC = calls(shared, o)
	all, _ := doors(t, shared, o)
	for _, d := range all {
		f := framesOn(t, d.dial("h2"), closed)
		waiting := map[uint32]string{}
		for range 20 {
			for path, headers := range windowed {
				t.Run(path, func(t *testing.T) {
					id := f.open(t, path, headers...)
					body := []byte(chat)
					if strings.Contains(path, "Tokenizer") {
						body = frame(0, 0, nil)
					}
					require.NoError(t, f.WriteData(id, true, body))
					waiting[id] = path
				})
			}
		}
		// What HTTP/2 answers itself: too much of headers.
		waiting[f.large(t)] = "431"
		f.flush(t)
		for id, code := range f.resets(t, waiting) {
			require.Equal(t, http2.ErrCodeInternal, code, "%s %s", d.name, waiting[id])
		}
		// The connection serves on, and so do windows that are open.
		require.NoError(t, f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}))
		id := f.open(t, "/tokenize", "content-type", "application/json")
		require.NoError(t, f.WriteData(id, true, []byte(chat)))
		f.flush(t)
		answer := ""
		for ended := false; !ended; {
			frame, err := f.ReadFrame()
			require.NoError(t, err)
			if data, ok := frame.(*http2.DataFrame); ok && data.StreamID == id {
				answer += string(data.Data())
				ended = data.StreamEnded()
			}
		}
		assert.Contains(t, answer, `"tokens":[`)
	}
}

// A connection whose own window is closed holds up none of its streams for ever.
func TestHTTP2_connectionWindow(t *testing.T) {
	o := server.Options{WriteTimeout: 300 * time.Millisecond, CompressMin: -1}
	all, _ := doors(t, idle{tokensOf(100_000)}, o)
	for _, d := range all {
		f := framesOn(t, d.dial("h2"), http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
		waiting := map[uint32]string{}
		for range 50 {
			id := f.open(t, "/tokenize", "content-type", "application/json")
			require.NoError(t, f.WriteData(id, true, []byte(chat)))
			waiting[id] = "large"
		}
		f.flush(t)
		for _, code := range f.resets(t, waiting) {
			require.Equal(t, http2.ErrCodeInternal, code, d.name)
		}
	}
}

// An answer of gRPC counts as long as its caller does not take it, beside the message that it answers.
func TestGRPC_answerMemory(t *testing.T) {
	o := server.Options{MaxBody: 1 << 20, BodyMemory: 64 << 20}
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	const words = 50_000
	message, err := proto.Marshal(&v1.TokenizeRequest{Text: strings.Repeat("a ", words)})
	require.NoError(t, err)
	f := framesOn(t, wire(t, url), closed)
	f.pinged(t)
	id := f.open(t, tokenizePath, "content-type", "application/grpc", "te", "trailers")
	for rest := frame(0, len(message), message); len(rest) > 0; rest = rest[min(16<<10, len(rest)):] {
		require.NoError(t, f.WriteData(id, len(rest) <= 16<<10, rest[:min(16<<10, len(rest))]))
		f.flush(t)
	}
	eventually(t, "the answer counts", func() bool { return memory(t, url) > 4*len(message)+3*words })
	require.NoError(t, f.WriteRSTStream(id, http2.ErrCodeCancel))
	f.flush(t)
	eventually(t, "the memory is given back", func() bool { return memory(t, url) == 0 })
}

// A stream of gRPC is not timed while nothing of it is to be read, and is when something is.
func TestGRPC_restingStream(t *testing.T) {
	o := server.Options{WriteTimeout: 300 * time.Millisecond, ReadTimeout: 300 * time.Millisecond, Timeout: 300 * time.Millisecond, StreamIdle: time.Hour}
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	stream, err := dialed(t, url).TokenizeStream(t.Context())
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, stream.Send(item("m", "a b")))
		got, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, uint64(i), got.GetIndex())
		for range 4 { // bodies that do not come, one after the other: all times of the stream are over, were they counted
			require.Equal(t, http.StatusRequestTimeout, answerOn(t, announce(t, url, 10, nil)).status)
		}
	}
	require.NoError(t, stream.CloseSend())
}

// large opens a stream with more of headers than the server takes.
func (f *frames) large(t testing.TB) uint32 {
	f.head.Reset()
	id := f.next
	f.next += 2
	for _, h := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/health"}} {
		require.NoError(t, f.enc.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}))
	}
	for range 2 {
		require.NoError(t, f.enc.WriteField(hpack.HeaderField{Name: "x-long", Value: strings.Repeat("long", 3350)}))
	}
	block := f.head.Bytes()
	const most = 16 << 10
	require.NoError(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:most], EndStream: true}))
	for block = block[most:]; len(block) > 0; block = block[min(most, len(block)):] {
		require.NoError(t, f.WriteContinuation(id, len(block) <= most, block[:min(most, len(block))]))
	}
	return id
}

// resets reads frames until each of these streams is reset.
func (f *frames) resets(t testing.TB, waiting map[uint32]string) map[uint32]http2.ErrCode {
	codes := map[uint32]http2.ErrCode{}
	for len(codes) < len(waiting) {
		frame, err := f.ReadFrame()
		require.NoError(t, err)
		switch frame := frame.(type) {
		case *http2.RSTStreamFrame:
			codes[frame.StreamID] = frame.ErrCode
		case *http2.DataFrame:
			require.False(t, frame.StreamEnded(), waiting[frame.StreamID])
		}
	}
	return codes
}
