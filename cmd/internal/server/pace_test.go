package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// The times that a body has are over when it has come: a call may take longer.
func TestPace_endsWithBody(t *testing.T) {
	const size = 300 << 10
	text := prompt(size)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, text)
	for what, request := range map[string]string{
		"a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, text),
		"small":    fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat),
		"chunks":   "Transfer-Encoding: chunked\r\n\r\n" + chunked,
		"packed": fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s",
			len(gzipped(t, []byte(text))), gzipped(t, []byte(text))),
	} {
		t.Run(what, func(t *testing.T) {
			const limit = 200 * time.Millisecond
			e := newSlow(idle{tokensOf(3)})
			url := serve(t, e, server.Options{ReadTimeout: limit})
			c := wire(t, url)
			_, err := io.WriteString(c, postHead+request)
			require.NoError(t, err)
			<-e.entered
			// A body that began later and does not come is refused: by then this one's time is over.
			require.Equal(t, http.StatusRequestTimeout, answerOn(t, announce(t, url, 10, nil)).status)
			close(e.gate)
			assert.Equal(t, 200, answerOn(t, c).status, what)
		})
	}
}

// Bodies that come steadily have their time too, small ones by the byte and large ones above the least rate.
func TestPace_steadyBodies(t *testing.T) {
	l := newLog()
	url := serve(t, idle{tokensOf(3)}, server.Options{ReadTimeout: 300 * time.Millisecond, AccessLog: true, Log: logger(l)})
	drips := 0
	for drop, every := range map[string]time.Duration{" ": time.Millisecond, strings.Repeat(" ", 64<<10): 10 * time.Millisecond} {
		size := 10_000 * len(drop) // which nobody sends
		plain := announce(t, url, min(size, 64<<20), nil)
		chunks := wire(t, url)
		_, err := io.WriteString(chunks, postHead+"Transfer-Encoding: chunked\r\n\r\n")
		require.NoError(t, err)
		for c, text := range map[net.Conn]string{plain: drop, chunks: fmt.Sprintf("%x\r\n%s\r\n", len(drop), drop)} {
			drips++
			go func() {
				var err error
				for err == nil {
					_, err = io.WriteString(c, text)
					time.Sleep(every)
				}
			}()
		}
	}
	eventually(t, "each is logged", func() bool { return strings.Count(l.String(), "status=408") == drips })
}
