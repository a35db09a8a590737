package server_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// door is a way into a server.
type door struct {
	name, url string // of TCP, in the clear or not
	dial      func(protocols ...string) net.Conn
}

// doors runs servers behind every kind of listener. end ends them, and waits.
func doors(t *testing.T, e server.Engine, o server.Options) (all []door, end func()) {
	t.Helper()
	dir := t.TempDir()
	o.Addrs, o.UDS = []string{"127.0.0.1:0"}, filepath.Join(dir, "s")
	secure := o
	secure.UDS, secure.CertFile, secure.KeyFile = "", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := certificate(t, secure.CertFile, secure.KeyFile, "door")
	var ends []func()
	run := func(o server.Options) string {
		s, stop, done := drained(t, quiet{e}, o)
		ends = append(ends, func() {
			stop()
			require.NoError(t, <-done)
		})
		return s
	}
	plain, over := run(o), run(secure)
	open := func(network, addr string) net.Conn {
		d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
			little := func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<10) }
			return errors.Join(raw.Control(little), err)
		}}
		c, err := d.DialContext(t.Context(), network, addr)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
		return c
	}
	all = []door{
		{"tcp", plain, func(...string) net.Conn { return open("tcp", strings.TrimPrefix(plain, "http://")) }},
		{"unix", plain, func(...string) net.Conn { return open("unix", o.UDS) }},
		{"tls", over, func(protocols ...string) net.Conn {
			c := tls.Client(open("tcp", strings.TrimPrefix(over, "http://")), &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", NextProtos: protocols})
			require.NoError(t, c.Handshake())
			return c
		}},
	}
	var once sync.Once
	end = func() {
		once.Do(func() {
			http.DefaultClient.CloseIdleConnections()
			var wait sync.WaitGroup
			for _, end := range ends {
				wait.Go(end)
			}
			wait.Wait()
		})
	}
	t.Cleanup(end)
	return all, end
}

// unread are requests whose answers, of whatever kind, are not read.
var unread = map[string]string{
	"probes":       "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
	"answers":      postHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat),
	"nothing":      "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
	"no method":    "PUT /health HTTP/1.1\r\nHost: x\r\n\r\n",
	"redirections": "GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"refusals":     postHead + "Content-Encoding: x\r\nContent-Length: 2\r\n\r\n{}",
	"interim":      postHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
	"metrics":      "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
	"a page":       "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
}

// pump writes the same until the server ends the connection.
func pump(t *testing.T, c net.Conn, text string, what string) {
	many := []byte(strings.Repeat(text, 1+4096/len(text)))
	for {
		if _, err := c.Write(many); err != nil {
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "%s: the server holds it", what)
			return
		}
	}
}

// Callers who ask and do not read are let go of, small as their answers may be; nobody else is.
func TestAnswer_notRead(t *testing.T) {
	o := server.Options{WriteTimeout: 500 * time.Millisecond, OpenAPI: http.NotFoundHandler(), GRPC: http.NotFoundHandler()}
	all, _ := doors(t, idle{tokensOf(3)}, o)
	before := runtime.NumGoroutine()
	var pumps sync.WaitGroup
	for _, d := range all {
		for what, request := range unread {
			c := d.dial("http/1.1")
			pumps.Go(func() { pump(t, c, request, d.name+" "+what) })
		}
		for what, frame := range map[string]func(*frames){
			"pings":    func(f *frames) { _ = f.WritePing(false, [8]byte{1}) },
			"settings": func(f *frames) { _ = f.WriteSettings() },
			"requests": func(f *frames) { f.open(t, "/health") },
		} {
			if what != "requests" && d.name != "unix" {
				continue // it takes long to fill a buffer of TCP with so little
			}
			f := framesOn(t, d.dial("h2"))
			pumps.Go(func() {
				var err error
				for err == nil {
					for f.out.Buffered() < 4<<10 {
						frame(f)
					}
					err = f.out.Flush()
				}
				assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "%s %s: the server holds it", d.name, what)
			})
		}
	}
	honest := 0
	gone := make(chan struct{})
	go func() { pumps.Wait(); close(gone) }()
	for waits := true; waits; honest++ {
		require.Equal(t, 200, post(t, all[0].url+"/tokenize", chat).status)
		select {
		case <-gone:
			waits = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	assert.Positive(t, honest)
	eventually(t, "goroutines come back", func() bool {
		http.DefaultClient.CloseIdleConnections()
		return runtime.NumGoroutine() <= before+8 // the servers' own
	})
}

// A large answer that is not read is given up, with what it holds.
func TestAnswer_notReadLarge(t *testing.T) {
	o := server.Options{WriteTimeout: 500 * time.Millisecond, CompressMin: -1}
	all, _ := doors(t, idle{tokensOf(4 << 20)}, o)
	request := postHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat)
	var conns []net.Conn
	for _, d := range all {
		c := d.dial("http/1.1")
		_, err := io.WriteString(c, request)
		require.NoError(t, err)
		conns = append(conns, c)
	}
	for i, c := range conns {
		first := make([]byte, 1)
		_, err := io.ReadFull(c, first)
		require.NoError(t, err)
		eventually(t, "the memory is given back", func() bool {
			asks := all[i].dial("http/1.1")
			defer asks.Close()
			_, err := io.WriteString(asks, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			return strings.Contains(answerOn(t, asks).body, "\nmtok_http_body_memory_bytes 0\n")
		})
		n, err := io.Copy(io.Discard, c)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Less(t, n, int64(4<<20), all[i].name)
	}
}

// Who reads slowly and steadily gets all of it, whatever the time of a call or of a small answer.
func TestAnswer_slowReaders(t *testing.T) {
	const tokens = 1 << 20
	o := server.Options{WriteTimeout: 3 * time.Second, Timeout: 2 * time.Second, IdleTimeout: 100 * time.Millisecond, CompressMin: -1}
	e := idle{tokensOf(tokens)}
	all, _ := doors(t, e, o)
	request := postHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat)
	var readers sync.WaitGroup
	for _, d := range all {
		c := d.dial("http/1.1")
		readers.Go(func() {
			// The first answer makes it a connection that was used, and could be idle.
			_, err := io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"+request)
			assert.NoError(t, err)
			in := bufio.NewReader(&slowly{Conn: c})
			first, err := http.ReadResponse(in, nil)
			if !assert.NoError(t, err) {
				return
			}
			_, err = io.Copy(io.Discard, first.Body)
			assert.NoError(t, err)
			_ = first.Body.Close()
			resp, err := http.ReadResponse(in, nil)
			if !assert.NoError(t, err) {
				return
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			assert.NoError(t, err, d.name)
			assert.Equal(t, len(e.served.AppendBody(nil)), len(text), d.name)
		})
		f := framesOn(t, d.dial("h2"), http2.Setting{ID: http2.SettingInitialWindowSize, Val: 128 << 10})
		readers.Go(func() { assert.Equal(t, len(e.served.AppendBody(nil)), f.slowly(t), d.name) })
	}
	readers.Wait()
}

// slowly reads a megabyte and a half a second.
type slowly struct {
	net.Conn
	due int
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.due >= 80<<10 {
		s.due = 0
		time.Sleep(50 * time.Millisecond)
	}
	n, err := s.Conn.Read(p)
	s.due += n
	return n, err
}

// slowly asks for an answer, opens the window piece by piece, and returns its size.
func (f *frames) slowly(t *testing.T) (size int) {
	assert.NoError(t, f.WriteWindowUpdate(0, 1<<30))
	id := f.open(t, "/tokenize", "content-type", "application/json")
	assert.NoError(t, f.WriteData(id, true, []byte(chat)))
	f.flush(t)
	for due := 0; ; {
		frame, err := f.ReadFrame()
		if !assert.NoError(t, err) {
			return size
		}
		if !assert.NotEqual(t, http2.FrameRSTStream, frame.Header().Type) {
			return size
		}
		data, ok := frame.(*http2.DataFrame)
		if !ok {
			continue
		}
		size += len(data.Data())
		due += len(data.Data())
		if data.StreamEnded() {
			return size
		}
		if due >= 100<<10 {
			time.Sleep(50 * time.Millisecond)
			assert.NoError(t, f.WriteWindowUpdate(id, uint32(due)))
			f.flush(t)
			due = 0
		}
	}
}
