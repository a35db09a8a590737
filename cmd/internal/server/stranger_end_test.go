package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// lengthy is an engine with large answers, of which one route's wait for the test.
type lengthy struct {
	idle
	entered, gate chan struct{}
}

func (l lengthy) Serve(ctx context.Context, r refserver.Request) (*refserver.Response, error) {
	if r.Route == refserver.RouteMistralDetokenizeString {
		l.entered <- struct{}{}
		<-l.gate
		return tokensOf(3), nil
	}
	return l.idle.Serve(ctx, r)
}

// The server ends on time, even if clients do not read, or have sent half of a request; and
// a call that is under way has all of the time.
func TestRun_endWithoutReaders(t *testing.T) {
	o := server.Options{
		ReadTimeout: time.Hour, WriteTimeout: time.Hour, Timeout: time.Hour, StreamIdle: time.Hour, IdleTimeout: time.Hour,
		Drain: 12 * time.Second, CompressMin: -1,
	}
	o.GRPC = calls(shared, o)
	e := lengthy{idle{tokensOf(4 << 20)}, make(chan struct{}, 10), make(chan struct{})}
	all, end := doors(t, e, o)
	ask := func(path string) string {
		return strings.Replace(postHead, "/tokenize", path, 1) + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat)
	}
	say := func(c net.Conn, text string) net.Conn {
		_, err := io.WriteString(c, text)
		require.NoError(t, err)
		return c
	}
	var readers sync.WaitGroup
	var stuck, honest []net.Conn
	for _, d := range all {
		stuck = append(stuck, say(d.dial("http/1.1"), ask("/tokenize")))
		slow := say(d.dial("http/1.1"), ask("/tokenize"))
		readers.Go(func() { _, _ = io.Copy(io.Discard, &slowly{Conn: slow}) })
		pumped := d.dial("http/1.1")
		readers.Go(func() { pump(t, pumped, unread["probes"], d.name) })
		d.dial("http/1.1")
		d.dial("h2")
		say(d.dial("http/1.1"), "POST /tokenize HT")
		say(d.dial("h2"), http2.ClientPreface[:20])
		f := framesOn(t, d.dial("h2"), closed)
		for path, headers := range windowed {
			for range 3 {
				id := f.open(t, path, headers...)
				body := []byte(chat)
				if strings.Contains(path, "Tokenizer") {
					body = frame(0, 0, nil)
				}
				require.NoError(t, f.WriteData(id, path != streamPath, body))
			}
		}
		f.pinged(t)
		honest = append(honest, say(d.dial("http/1.1"), ask("/v1/detokenize/string")))
	}
	secure, err := net.Dial("tcp", strings.TrimPrefix(all[2].url, "http://"))
	require.NoError(t, err)
	defer secure.Close()
	say(secure, "\x16\x03\x01") // and no more of a handshake
	for range honest {
		<-e.entered
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end()
	}()
	for _, c := range stuck {
		for alive := true; alive; { // until the server has let go of it
			if _, err := c.Write([]byte(" ")); err != nil {
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				alive = false
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	close(e.gate)
	for _, c := range honest {
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, string(tokensOf(3).AppendBody(nil)), string(text))
	}
	<-ended
	readers.Wait()
}
