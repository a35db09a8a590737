package server_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// The times that a body has are over when it has come: a call may take longer.
func TestACallTakesLongerThanItsBodyMay(t *testing.T) {
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
		const limit = 200 * time.Millisecond
		e := newSlow(idle{tokensOf(3)})
		url := serve(t, e, server.Options{ReadTimeout: limit})
		c := wire(t, url)
		_, err := io.WriteString(c, postHead+request)
		require.NoError(t, err)
		<-e.entered
		time.Sleep(2 * limit)
		close(e.gate)
		assert.Equal(t, 200, answerOn(t, c).status, what)
	}
}
