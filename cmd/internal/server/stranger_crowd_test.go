package server_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// largestHead has a line for each few bytes, without its end: nothing of the same size takes up as much.
func largestHead(most int) string {
	var b strings.Builder
	b.WriteString("GET /livez HTTP/1.1\r\nHost: x\r\n")
	for i := 0; b.Len() < most-10; i++ {
		fmt.Fprintf(&b, "%x:\n", 0x1000+i)
	}
	return b.String()
}

// ended waits until a server has closed a connection.
func ended(t *testing.T, what string, c net.Conn) {
	t.Helper()
	_, err := io.Copy(io.Discard, c) // which has a deadline
	require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "%s is left open", what)
}

// However many connections are made, of whatever kind, so many stay as there may be; those that have waited longest go, and
// honest callers, who may have waited too, are let in and answered.
func TestMaxConnections(t *testing.T) {
	const most = 32
	e := newSlow(idle{tokensOf(3)})
	l := newLog()
	o := server.Options{MaxConnections: most, ReadTimeout: time.Hour, IdleTimeout: time.Hour, Timeout: time.Hour, Log: logger(l)}
	url := serve(t, e, o)
	atWork := announce(t, url, len(chat), []byte(chat))
	<-e.entered
	for what, text := range map[string]string{
		"a connection on which nothing comes": "",
		"one that was used":                   "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
		"half a head":                         "POST /tok",
		"the largest head":                    largestHead(15 << 10),
		"a body that stops":                   postHead + "Content-Length: 100\r\n\r\n{",
		"HTTP/2":                              http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00",
	} {
		var all []net.Conn
		for range 3 * most {
			c := wire(t, url)
			_, err := io.WriteString(c, text)
			require.NoError(t, err)
			all = append(all, c)
		}
		require.Equal(t, 200, answerOn(t, probe(t, url)).status, what)
		for _, c := range all[:most] {
			ended(t, what, c)
		}
	}
	// What is worked on is answered, no matter who else connects.
	close(e.gate)
	assert.Equal(t, 200, answerOn(t, atWork).status)
	assert.Contains(t, l.String(), "there are as many connections as may be")
}

func probe(t *testing.T, url string) net.Conn {
	t.Helper()
	c := wire(t, url)
	_, err := io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	return c
}

// deaf is a connection that may have been ended, and is written to all the same.
type deaf struct{ net.Conn }

func (c deaf) Write(p []byte) (int, error) {
	_, _ = c.Conn.Write(p)
	return len(p), nil
}

// The requests of HTTP/2 count too, of HTTP and of gRPC.
func TestHTTP2_requestsBounded(t *testing.T) {
	const most = 100
	o := server.Options{MaxConnections: most, ReadTimeout: time.Hour, IdleTimeout: time.Hour, WriteTimeout: time.Hour, StreamIdle: time.Hour}
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	call := []string{"content-type", "application/grpc", "te", "trailers"}
	for what, open := range map[string]func(f *frames){
		"a body that stops":   func(f *frames) { f.open(t, "/tokenize", "content-type", "application/json") },
		"a message that does": func(f *frames) { f.open(t, tokenizePath, call...) },
		"a stream without end": func(f *frames) {
			require.NoError(t, f.WriteData(f.open(t, streamPath, call...), false, frame(0, 0, nil)))
		},
		"a watch": func(f *frames) {
			require.NoError(t, f.WriteData(f.open(t, "/grpc.health.v1.Health/Watch", call...), true, frame(0, 0, nil)))
		},
	} {
		gone := make(chan error, 4)
		var all []*frames
		for range cap(gone) { // all before there is more than may be: who comes then may be the one that goes
			all = append(all, framesOn(t, deaf{wire(t, url)}, closed))
		}
		for _, f := range all {
			for range most / 2 {
				open(f)
			}
			f.flush(t)
			go func() {
				_, err := io.Copy(io.Discard, f.Conn)
				gone <- err
			}()
		}
		for range cap(gone) / 2 {
			require.NotErrorIs(t, <-gone, os.ErrDeadlineExceeded, "%s: more than there may be are held", what)
		}
		// Who comes beside them is answered, if not at once: he may be the one that goes, too.
		eventually(t, what+": an honest caller is answered", func() bool {
			a, err := try(t.Context(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "POST", url+"/tokenize", chat, isJSON)
			return err == nil && a.status == 200
		})
	}
}

// A small answer that its caller does not take is under way, though its handler has ended.
func TestAnswer_notReadBounded(t *testing.T) {
	const most = 100
	url := serve(t, idle{tokensOf(3)}, server.Options{MaxConnections: most, ReadTimeout: time.Hour, IdleTimeout: time.Hour, WriteTimeout: time.Hour})
	var all []*frames
	for range 4 {
		all = append(all, framesOn(t, deaf{wire(t, url)}, closed))
	}
	// answered reads up to the head of the next answer; false if the connection has ended.
	answered := func(f *frames) bool {
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "no answer, and no end")
				return false
			}
			if _, ok := frame.(*http2.MetaHeadersFrame); ok {
				return true
			}
		}
	}
	gone := make(chan error, len(all))
	for _, f := range all {
		for n, open := 0, true; n < most/2 && open; n++ {
			require.NoError(t, f.WriteData(f.open(t, "/tokenize", "content-type", "application/json"), true, []byte(chat)))
			f.flush(t)
			open = answered(f)
		}
		go func() {
			_, err := io.Copy(io.Discard, f.Conn)
			gone <- err
		}()
	}
	for range len(all) / 2 {
		require.NotErrorIs(t, <-gone, os.ErrDeadlineExceeded, "more than there may be are held")
	}
}

// Connections of HTTP/2 that end while their requests are under way are not kept, however long idle ones are.
func TestHTTP2_endedConnections(t *testing.T) {
	url := serve(t, idle{tokensOf(3)}, server.Options{ReadTimeout: time.Hour, IdleTimeout: time.Hour})
	require.Equal(t, 200, answerOn(t, probe(t, url)).status) // it runs
	goroutines := runtime.NumGoroutine()
	const n = 200
	round := func() {
		for range n {
			f := framesTo(t, url)
			for range 5 {
				f.open(t, "/tokenize", "content-type", "application/json")
			}
			f.pinged(t)
			require.NoError(t, f.Close())
		}
		eventually(t, "the goroutines come back", func() bool { return runtime.NumGoroutine() <= goroutines+8 })
	}
	round()
	before := heap()
	round()
	round()
	kept := int64(0)
	assert.Eventually(t, func() bool {
		kept = heap() - before
		return kept < 2*n<<10
	}, time.Minute, 10*time.Millisecond, "what connections are held by, an hour long")
	t.Log("kept", kept)
}

// A connection costs no more than documented, also with the largest head that a server takes.
func TestConn_largestHead(t *testing.T) {
	url := serve(t, idle{tokensOf(3)}, server.Options{})
	refused := wire(t, url)
	_, err := io.WriteString(refused, largestHead(21<<10)+"\r\n")
	require.NoError(t, err)
	assert.Equal(t, 431, answerOn(t, refused).status)

	const n = 50
	head := largestHead(16 << 10)
	before := heap()
	for range n {
		_, err := io.WriteString(wire(t, url), head)
		require.NoError(t, err)
	}
	most := int64(0)
	eventually(t, "they have come", func() bool {
		most = max(most, heap()-before)
		return most > n*64<<10
	})
	for range 20 {
		most = max(most, heap()-before)
	}
	t.Log("a connection with the largest head:", most/n)
	assert.Less(t, most/n, int64(512<<10))
}
