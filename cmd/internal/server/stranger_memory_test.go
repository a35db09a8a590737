package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// heap is what is in use after what nobody holds has been collected.
func heap() int64 {
	runtime.GC()
	runtime.GC() // pools keep for one more
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// announce sends the head of a request with a body of n bytes, and the first of them.
func announce(t *testing.T, url string, n int, first []byte) net.Conn {
	c := wire(t, url)
	_, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n", postHead, n)
	require.NoError(t, err)
	_, err = c.Write(first)
	require.NoError(t, err)
	return c
}

// Bodies that are announced and do not come keep nobody out, small or large.
func TestBody_announcedTakesNothing(t *testing.T) {
	e := idle{tokensOf(3)}
	url := serve(t, e, server.Options{ReadTimeout: time.Hour})
	conns := make([]net.Conn, 64)
	for i := range conns {
		conns[i] = announce(t, url, 64<<20, []byte("{"))
	}
	eventually(t, "all are being read", func() bool {
		return metrics(t, url)["mtok_http_requests_in_flight"] == fmt.Sprint(len(conns))
	})
	assert.Equal(t, 200, post(t, url+"/tokenize", chat).status)
	assert.Equal(t, 200, post(t, url+"/tokenize", prompt(32<<20)).status)
	assert.Equal(t, 200, ask(t, "GET", url+"/readyz", "").status)
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}

// Bodies that come and stop short keep large ones out, and never small ones; and not for
// long: a large body has a least rate, whatever time it has in all.
func TestBody_stopped(t *testing.T) {
	e := idle{tokensOf(3)}
	const most = 1 << 20
	o := server.Options{ReadTimeout: time.Hour, MaxBody: most, BodyMemory: 8 * most}
	o.GRPC = calls(shared, o)
	url := serve(t, e, o)
	part := bytes.Repeat([]byte(" "), most-1)
	f := framesTo(t, url)
	f.pinged(t)
	web := f.open(t, "/tokenize", "content-type", "application/json")
	call := f.open(t, tokenizePath, "content-type", "application/grpc", "te", "trailers")
	require.NoError(t, f.WriteData(call, false, frame(0, 100<<10, nil)))
	for range 5 { // more than of a small one, less than is due in a next time
		require.NoError(t, f.WriteData(web, false, part[:16<<10]))
		require.NoError(t, f.WriteData(call, false, part[:16<<10]))
	}
	f.pinged(t)
	var conns []net.Conn
	for range 12 {
		conns = append(conns, announce(t, url, most, part))
	}
	eventually(t, "the memory is full", func() bool { return post(t, url+"/tokenize", prompt(most)).status == 429 })
	for range 100 {
		require.Equal(t, 200, post(t, url+"/tokenize", chat).status)
	}
	slow := 0
	for _, c := range conns {
		switch a := answerOn(t, c); a.status {
		case 408:
			slow++
			assert.Equal(t, `{"error":{"message":"The request body took too long.","type":"Request Timeout","param":null,"code":408}}`, a.body)
		case 429:
		default:
			t.Error(a)
		}
	}
	assert.Positive(t, slow)
	for status, code := "", ""; status == "" || code == ""; {
		got, err := f.ReadFrame()
		require.NoError(t, err)
		if head, ok := got.(*http2.MetaHeadersFrame); ok && head.StreamID == web {
			status = head.PseudoValue("status")
			assert.Equal(t, "408", status)
		} else if ok && head.StreamID == call {
			for _, h := range head.RegularFields() {
				if h.Name == "grpc-status" {
					code = h.Value
				}
			}
			assert.Contains(t, []string{"", "4"}, code)
		}
	}
	assert.Equal(t, 200, post(t, url+"/tokenize", prompt(most)).status)
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}

// The end of the server is on time, whatever bodies are on their way.
func TestRun_endWithoutBodies(t *testing.T) {
	o := server.Options{ReadTimeout: time.Hour, Drain: 10 * time.Second}
	o.GRPC = calls(shared, o)
	url, stop, done := drained(t, idle{tokensOf(3)}, o)
	for range 20 {
		announce(t, url, 64<<20, []byte("{"))
		announce(t, url, 10, nil)
		c := wire(t, url)
		_, err := io.WriteString(c, postHead+"Transfer-Encoding: chunked\r\n\r\n5\r\n{")
		require.NoError(t, err)
	}
	f := framesTo(t, url)
	for i := range 20 {
		kind := []string{"application/json", "application/grpc"}[i%2]
		id := f.open(t, "/tokenize", "content-type", kind)
		require.NoError(t, f.WriteData(id, false, frame(0, 100, []byte("half"))[:3+i/2%2*6]))
	}
	f.pinged(t)
	eventually(t, "all are being read", func() bool { return metrics(t, url)["mtok_http_requests_in_flight"] == "70" })
	http.DefaultClient.CloseIdleConnections()
	stop()
	require.NoError(t, <-done)
}

// frames is a raw connection of HTTP/2. What is written is sent with flush, at once.
type frames struct {
	out *bufio.Writer
	*http2.Framer
	net.Conn
	head  bytes.Buffer
	enc   *hpack.Encoder
	next  uint32
	ended map[uint32]bool
}

func framesTo(t testing.TB, url string) *frames {
	t.Helper()
	return framesOn(t, wire(t, url))
}

func framesOn(t testing.TB, c net.Conn, settings ...http2.Setting) *frames {
	t.Helper()
	f := &frames{Conn: c, next: 1, ended: map[uint32]bool{}}
	f.out = bufio.NewWriterSize(f.Conn, 64<<10)
	_, err := f.out.WriteString(http2.ClientPreface)
	require.NoError(t, err)
	f.Framer = http2.NewFramer(f.out, f.Conn)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.enc = hpack.NewEncoder(&f.head)
	require.NoError(t, f.WriteSettings(settings...))
	f.flush(t) // net/http waits two seconds for them
	return f
}

// open begins a stream: a POST with these headers besides, in pairs.
func (f *frames) open(t testing.TB, path string, headers ...string) uint32 {
	t.Helper()
	f.head.Reset()
	all := append([]string{":method", "POST", ":scheme", "http", ":authority", "x", ":path", path}, headers...)
	for i := 0; i < len(all); i += 2 {
		require.NoError(t, f.enc.WriteField(hpack.HeaderField{Name: all[i], Value: all[i+1]}))
	}
	id := f.next
	f.next += 2
	require.NoError(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: f.head.Bytes(), EndHeaders: true}))
	return id
}

func (f *frames) flush(t testing.TB) {
	t.Helper()
	require.NoError(t, f.out.Flush())
}

// pinged waits until all that was sent has been looked at.
func (f *frames) pinged(t testing.TB) {
	t.Helper()
	require.NoError(t, f.WritePing(false, [8]byte{1}))
	f.flush(t)
	for {
		frame, err := f.ReadFrame()
		require.NoError(t, err)
		if p, ok := frame.(*http2.PingFrame); ok && p.IsAck() {
			return
		}
	}
}

// doorkeeper is an engine that lets nobody in while the test holds the door.
type doorkeeper struct {
	idle
	door sync.RWMutex
}

func (d *doorkeeper) Admit() error {
	d.door.RLock()
	defer d.door.RUnlock()
	return d.idle.Admit()
}

// Streams that are opened and reset leave nothing behind, of whatever kind of request, also where the server begins to
// read after it has seen the reset: a deadline that is set then would not be taken back, and hold all of the stream.
func TestHTTP2_resetStreams(t *testing.T) {
	e := &doorkeeper{idle: idle{tokensOf(3)}}
	url := serve(t, e, server.Options{ReadTimeout: time.Hour, GRPC: http.NotFoundHandler()})
	part := bytes.Repeat([]byte(" "), 16<<10)
	for what, headers := range map[string][]string{
		"a body":         {"content-type", "application/json"},
		"a large body":   {"content-type", "application/json", "content-length", "60000000"},
		"a packed body":  {"content-type", "application/json", "content-encoding", "gzip"},
		"a gRPC message": {"content-type", "application/grpc"},
	} {
		t.Run(what, func(t *testing.T) {
			var all []*frames
			for range 4 {
				f := framesTo(t, url)
				f.pinged(t)
				all = append(all, f)
			}
			goroutines := runtime.NumGoroutine()
			rounds := func(n int) {
				for range n {
					e.door.Lock()
					for _, f := range all {
						for range 50 {
							id := f.open(t, "/tokenize", headers...)
							require.NoError(t, f.WriteData(id, false, part))
							require.NoError(t, f.WriteRSTStream(id, http2.ErrCodeCancel))
						}
						f.pinged(t)
					}
					e.door.Unlock()
					eventually(t, what+": goroutines come back", func() bool { return runtime.NumGoroutine() <= goroutines+8 })
				}
			}
			rounds(2)
			before := heap()
			const n = 20 // of two hundred streams
			rounds(n)
			require.Equal(t, 200, post(t, url+"/tokenize", chat).status, what)
			kept := int64(0)
			assert.Eventually(t, func() bool {
				kept = heap() - before
				return kept < n*200*256
			}, time.Minute, 10*time.Millisecond, "%s: what reset streams are held by, an hour long", what)
			t.Log(what, "kept", kept)
			for _, f := range all {
				require.NoError(t, f.Close())
			}
		})
	}
}

// A body of HTTP/2 that comes too slowly has an answer too, and costs the others on its
// connection nothing.
func TestHTTP2_slowBodies(t *testing.T) {
	url := serve(t, idle{tokensOf(3)}, server.Options{ReadTimeout: 50 * time.Millisecond})
	f := framesTo(t, url)
	for range 3 {
		id := f.open(t, "/tokenize", "content-type", "application/json", "content-length", "100")
		require.NoError(t, f.WriteData(id, false, []byte("{")))
		f.flush(t)
		var status, text string
		for status == "" || text == "" {
			frame, err := f.ReadFrame()
			require.NoError(t, err)
			require.NotEqual(t, http2.FrameGoAway, frame.Header().Type)
			switch frame := frame.(type) {
			case *http2.MetaHeadersFrame:
				status = frame.PseudoValue("status")
			case *http2.DataFrame:
				text += string(frame.Data())
			}
		}
		assert.Equal(t, "408", status)
		assert.Contains(t, text, "The request body took too long.")
	}
}
