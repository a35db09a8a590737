package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

const postHead = "POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

// wire is a raw connection to a server.
func wire(t testing.TB, url string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
	return c
}

// answerOn reads one answer from a connection.
func answerOn(t testing.TB, c io.Reader) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// unreadable asserts an answer that says that the body could not be read.
func unreadable(t *testing.T, a answer, words, what string) {
	t.Helper()
	assert.Equal(t, 400, a.status, what)
	assert.Equal(t, `{"error":{"message":"`+words+`","type":"Bad Request","param":null,"code":400}}`, a.body, what)
}

const (
	notPacked = "The request body is not what its Content-Encoding says."
	brokenOff = "The request body could not be read: it is cut off, or its chunks are malformed."
)

// A packed body that is damaged anywhere is refused with words, or is unharmed.
func TestBody_damagedPacked(t *testing.T) {
	url := serve(t, shared, server.Options{}) + "/tokenize"
	text := []byte(`{"prompt":"` + strings.Repeat("What is the weather like in Paris? ", 8) + `"}`)
	good := send(t, url, bytes.NewReader(text)).body
	for name, packed := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstandard(t, text, zstd.WithEncoderCRC(true))} {
		refused := 0
		ask := func(body []byte, what string) {
			a := send(t, url, bytes.NewReader(body), "Content-Encoding: "+name)
			if a.status == 200 && a.body == good {
				return // a byte that nothing depends on
			}
			refused++
			unreadable(t, a, notPacked, what)
		}
		for i := range packed {
			for _, flip := range []byte{1, 0x80, 0xff} {
				damaged := bytes.Clone(packed)
				damaged[i] ^= flip
				ask(damaged, fmt.Sprint(name, " byte ", i, " flipped by ", flip))
			}
			if i > 0 {
				ask(packed[:i], fmt.Sprint(name, " cut at ", i))
			}
		}
		ask(append(bytes.Clone(packed), "trailing"...), name+" with more behind it")
		assert.Greater(t, refused, 3*len(packed), name)
	}
}

// What cannot be read is refused with words, whether the caller still listens or not.
func TestBody_unreadable(t *testing.T) {
	l := newLog()
	url := serve(t, shared, server.Options{AccessLog: true, Log: logger(l)})
	for what, request := range map[string]string{
		"no length of a chunk":        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"a chunk longer than it says": "Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n",
		"a chunk of a huge length":    "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
		"a negative length":           "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
		"an endless chunk line":       "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("x", 5000) + "\r\n{}\r\n0\r\n\r\n",
		"a cut chunk":                 "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"pro",
		"no last chunk":               "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"half a last chunk":           "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
		"a cut length":                "Content-Length: 100\r\n\r\n{\"prompt\":",
		"nothing of a length":         "Content-Length: 100\r\n\r\n",
		"packed and cut":              "Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f\x8b\x08",
		"packed in malformed chunks":  "Content-Encoding: zstd\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		t.Run(what, func(t *testing.T) {
			c := wire(t, url)
			_, err := io.WriteString(c, postHead+request)
			require.NoError(t, err)
			_ = c.(*net.TCPConn).CloseWrite() // the server may have closed by now
			unreadable(t, answerOn(t, c), brokenOff, what)
		})
	}
	c := wire(t, url)
	_, err := io.WriteString(c, strings.Replace(postHead, "/tokenize", "/v1/tokenize/", 1)+"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
	require.NoError(t, err)
	a := answerOn(t, c)
	assert.Equal(t, 400, a.status)
	assert.Equal(t, `{"detail":"`+brokenOff+`"}`, a.body)
	assert.NotContains(t, l.String(), "status=499")
	assert.Equal(t, 200, post(t, url+"/tokenize", chat).status)
}

// halfClosed are connections on which a request was sent and the sending side closed.
func halfClosed(t *testing.T, e server.Engine, request string) map[string]net.Conn {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := certificate(t, cert, key, "half")
	path := filepath.Join(dir, "s")
	plain := serve(t, e, server.Options{UDS: path})
	secure := serve(t, e, server.Options{CertFile: cert, KeyFile: key})
	tcp := wire(t, plain)
	unix, err := net.Dial("unix", path)
	require.NoError(t, err)
	over, err := tls.Dial("tcp", strings.TrimPrefix(secure, "http://"), &tls.Config{RootCAs: pool})
	require.NoError(t, err)
	all := map[string]net.Conn{"tcp": tcp, "unix": unix, "tls": over}
	for _, c := range all {
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
		_, err := io.WriteString(c, request)
		require.NoError(t, err)
		require.NoError(t, c.(interface{ CloseWrite() error }).CloseWrite())
	}
	return all
}

// Who has closed the sending side gets the answer, of whatever route, and however long it takes.
func TestConn_halfClosed(t *testing.T) {
	want := post(t, serve(t, shared, server.Options{})+"/tokenize", chat).body
	requests := map[string]string{
		"a length": postHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat),
		"chunks":   postHead + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(chat), chat),
		"expected": postHead + fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(chat), chat),
		"HTTP/1.0": strings.Replace(postHead, "1.1", "1.0", 1) + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat),
		"packed":   postHead + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gzipped(t, []byte(chat))), gzipped(t, []byte(chat))),
	}
	for what, request := range requests {
		t.Run(what, func(t *testing.T) {
			for name, c := range halfClosed(t, shared, request) {
				got, err := io.ReadAll(c)
				require.NoError(t, err, "%s %s", what, name)
				a := answerOn(t, bytes.NewReader(got))
				assert.Equal(t, 200, a.status, "%s %s", what, name)
				assert.Equal(t, want, a.body, "%s %s", what, name)
			}
			e := newSlow(shared)
			all := halfClosed(t, e, request)
			for range all {
				<-e.entered
			}
			// The server has seen that one side is closed, and lets the call continue. TLS has no sign of it.
			first := make([]byte, 1)
			for _, name := range []string{"tcp", "unix"} {
				_, err := io.ReadFull(all[name], first)
				require.NoError(t, err, name)
				assert.Equal(t, "H", string(first), name)
			}
			close(e.gate)
			for name, c := range all {
				got, err := io.ReadAll(c)
				require.NoError(t, err, "%s %s", what, name)
				if name != "tls" {
					got = append([]byte("H"), got...)
				}
				a := answerOn(t, bytes.NewReader(got))
				assert.Equal(t, 200, a.status, "%s %s", what, name)
				assert.Equal(t, want, a.body, "%s %s", what, name)
			}
		})
	}
	for name, c := range halfClosed(t, shared, "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n") {
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(string(got), "HTTP/1.1 200 OK\r\n"), "%s: %s", name, got)
		assert.True(t, strings.HasSuffix(string(got), `{"status":"ok"}`), "%s: %s", name, got)
	}
}

// Who has gone altogether, in whatever way, is not worked for.
func TestConn_callerGone(t *testing.T) {
	request := postHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(chat), chat)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := certificate(t, cert, key, "gone")
	path := filepath.Join(dir, "s")
	l, e := newLog(), newSlow(shared)
	plain := serve(t, e, server.Options{UDS: path, AccessLog: true, Log: logger(l)})
	secure := serve(t, e, server.Options{CertFile: cert, KeyFile: key, AccessLog: true, Log: logger(l)})
	n := 0
	for name, dial := range map[string]func() (net.Conn, error){
		"tcp":  func() (net.Conn, error) { return wire(t, plain), nil },
		"unix": func() (net.Conn, error) { return net.Dial("unix", path) },
		"tls": func() (net.Conn, error) {
			return tls.Dial("tcp", strings.TrimPrefix(secure, "http://"), &tls.Config{RootCAs: pool})
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, half := range []bool{false, true} {
				c, err := dial()
				require.NoError(t, err)
				_, err = io.WriteString(c, request)
				require.NoError(t, err)
				<-e.entered
				if half { // and then the rest
					require.NoError(t, c.(interface{ CloseWrite() error }).CloseWrite())
				}
				require.NoError(t, c.Close())
				n++
				eventually(t, name, func() bool { return strings.Count(l.String(), "status=499") == n })
			}
		})
	}
}
