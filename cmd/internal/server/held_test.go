package server_test

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// memory is what bodies and answers count at a server.
func memory(t *testing.T, url string) int {
	t.Helper()
	n, err := strconv.ParseFloat(metrics(t, url)["mtok_http_body_memory_bytes"], 64)
	require.NoError(t, err)
	return int(n)
}

// What is held is counted: a body, also while it waits, and an answer as long as it is not read.
func TestReserve_counts(t *testing.T) {
	const most, tokens = 1 << 20, 4 << 20
	e := newSlow(idle{tokensOf(tokens)})
	url := serve(t, e, server.Options{MaxBody: most, BodyMemory: 4 * most})
	memory := func() int { return memory(t, url) }
	text := prompt(most)
	var conns []net.Conn
	for range 3 {
		conns = append(conns, announce(t, url, most, []byte(text)))
		<-e.entered
	}
	assert.Equal(t, 3*most, memory())
	assert.Equal(t, 429, post(t, url+"/tokenize", text).status, "an eighth is for small ones")
	assert.Equal(t, 3*most, memory())
	close(e.gate)
	held := 4*tokens + len(tokensOf(0).Head) + len(tokensOf(0).Tail)
	eventually(t, "nobody reads the answers", func() bool { return memory() == 3*held })
	assert.Equal(t, 429, post(t, url+"/tokenize", text).status)
	for _, c := range conns {
		a := answerOn(t, c)
		assert.Equal(t, 200, a.status)
		assert.Equal(t, tokens, strings.Count(a.body[strings.Index(a.body, "["):strings.Index(a.body, "]")], ",")+1)
	}
	eventually(t, "the memory is given back", func() bool { return memory() == 0 })
	assert.Equal(t, 200, post(t, url+"/tokenize", text).status)
}

// One of the largest is let in where it is alone.
func TestReserve_largestAlone(t *testing.T) {
	const most = 1 << 20
	url := serve(t, idle{tokensOf(3)}, server.Options{MaxBody: most, BodyMemory: most})
	assert.Equal(t, 200, post(t, url+"/tokenize", prompt(most)).status)
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}

// Of the memory for bodies an eighth is for the small ones, also where answers have taken more than there is.
func TestReserve_smallBodies(t *testing.T) {
	const most, tokens = 1 << 20, 4 << 20
	url := serve(t, idle{tokensOf(tokens)}, server.Options{MaxBody: most, BodyMemory: 8 * most, CompressMin: -1})
	text := prompt(most)
	var conns []net.Conn
	for range 3 { // each is answered by twice as much as all bodies may take up
		c := announce(t, url, most, []byte(text))
		first := make([]byte, 1)
		_, err := io.ReadFull(c, first)
		require.NoError(t, err)
		conns = append(conns, c)
		if memory(t, url) > 8*most {
			break
		}
	}
	require.Greater(t, memory(t, url), 8*most)
	assert.Equal(t, 429, post(t, url+"/tokenize", text).status)
	small := announce(t, url, len(chat), []byte(chat))
	head := make([]byte, len("HTTP/1.1 200"))
	_, err := io.ReadFull(small, head)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 200", string(head))
	for _, c := range append(conns, small) {
		require.NoError(t, c.Close())
	}
	eventually(t, "the memory is given back", func() bool { return memory(t, url) == 0 })
	// What has become large takes no place of the small ones.
	stopped := announce(t, url, most, []byte(text[:most-1]))
	eventually(t, "it has come", func() bool { return memory(t, url) == most })
	assert.Equal(t, 200, post(t, url+"/tokenize", chat).status)
	require.NoError(t, stopped.Close())
}
