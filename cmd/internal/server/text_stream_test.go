package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

const textStream = "/v1/detokenize/stream"

// textLine is a line of an answer.
type textLine struct {
	Text   string
	Done   bool
	Events []struct {
		Kind string
		ID   *int32
		Name *string
		Text string
	}
	Error *struct {
		Reason, Message string
		TokenID         *struct{ ID, Index int } `json:"token_id"`
	}
}

// duplex is a request whose body is written while its answer is read.
type duplex struct {
	t      *testing.T
	in     *io.PipeWriter
	answer *http.Response
	lines  *bufio.Scanner
}

// converse begins one, over HTTP/1.1 or HTTP/2. The head of the answer is there before a line
// is sent.
func converse(t *testing.T, version int, url string, headers ...string) *duplex {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == 1)
	protocols.SetUnencryptedHTTP2(version == 2)
	protocols.SetHTTP2(version == 2)
	transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	from, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, from)
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := transport.RoundTrip(r)
	require.NoError(t, err)
	require.Equal(t, version, answer.ProtoMajor)
	t.Cleanup(func() {
		cancel()
		_ = in.Close()
		_ = answer.Body.Close()
		transport.CloseIdleConnections()
	})
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 16<<20)
	return &duplex{t, in, answer, lines}
}

func (d *duplex) send(text string) {
	d.t.Helper()
	_, err := d.in.Write([]byte(text))
	require.NoError(d.t, err)
}

func (d *duplex) next() (line textLine) {
	d.t.Helper()
	require.True(d.t, d.lines.Scan(), "%v", d.lines.Err())
	require.True(d.t, utf8.Valid(d.lines.Bytes()))
	require.NoError(d.t, json.Unmarshal(d.lines.Bytes(), &line), "%s", d.lines.Text())
	return line
}

// broken asserts that the answer ends with an error of that reason, and does not end whole.
func (d *duplex) broken(reason string) textLine {
	d.t.Helper()
	line := d.next()
	require.NotNil(d.t, line.Error, "%+v", line)
	require.Equal(d.t, reason, line.Error.Reason)
	require.False(d.t, d.lines.Scan())
	require.Error(d.t, d.lines.Err(), "the caller sees that it is not whole")
	return line
}

func list(ids []int32) string {
	text, err := json.Marshal(ids)
	if err != nil {
		return ""
	}
	return string(text) + "\n"
}

// Each line is answered before the next is sent; however the ids are cut, the texts are what
// the bridge makes of all of them.
func TestTextStream(t *testing.T) {
	url := serve(t, shared, server.Options{})
	tok := shared.Models()[0].Tokenizer()
	ids, err := tok.EncodeText(t.Context(), " Héllo 日本 𒀀 👩‍👩‍👧", true, true)
	require.NoError(t, err)
	ids = append(ids, ids[len(ids)-3:len(ids)-1]...) // the last ones begin no character
	for policy, p := range map[string]bridge.Policy{"": bridge.Ignore, "keep": bridge.Keep} {
		want, err := tok.Decode(t.Context(), ids, p)
		require.NoError(t, err)
		for _, version := range []int{1, 2} {
			for size := 1; size <= len(ids); size++ {
				address := url + textStream + "?model=alias&events=true"
				if policy != "" {
					address += "&policy=" + policy
				}
				d := converse(t, version, address)
				require.Equal(t, "application/x-ndjson", d.answer.Header.Get("Content-Type"))
				var got, told string
				take := func() (line textLine) {
					line = d.next()
					require.Nil(t, line.Error)
					got += line.Text
					for _, e := range line.Events {
						require.Equal(t, e.Kind == "text", e.ID == nil)
						told += e.Text
					}
					return line
				}
				for rest := ids; len(rest) > 0; rest = rest[min(size, len(rest)):] {
					if size == 1 {
						d.send(strconv.Itoa(int(rest[0])) + "\r\n\n")
					} else {
						d.send(list(rest[:min(size, len(rest))]))
					}
					require.False(t, take().Done)
				}
				require.NoError(t, d.in.Close())
				require.True(t, take().Done)
				require.False(t, d.lines.Scan())
				require.NoError(t, d.lines.Err())
				require.Equal(t, want, got, "HTTP/%d in pieces of %d", version, size)
				require.Equal(t, want, told)
			}
		}
	}
	a := ask(t, "POST", url+textStream, "[1,22177]\n1044")
	assert.Equal(t, `{"text":"Hello"}`+"\n"+`{"text":","}`+"\n"+`{"text":"","done":true}`+"\n", a.body, "all at once")
	a = ask(t, "POST", url+textStream, "")
	assert.Equal(t, `{"text":"","done":true}`+"\n", a.body)
	assert.Equal(t, "0", metrics(t, url)["mtok_http_body_memory_bytes"])
}

// An error is sent in a line, after the text before it, and the answer is broken off.
func TestTextStream_errors(t *testing.T) {
	url, hasty := serve(t, shared, server.Options{}), serve(t, shared, server.Options{ReadTimeout: 300 * time.Millisecond, StreamIdle: 300 * time.Millisecond})
	for _, version := range []int{1, 2} {
		for name, c := range map[string]struct{ query, line, reason, text string }{
			"an id":           {"", "[5, 131072]\n", "rejected", "tokens[1] is 131072"},
			"null":            {"", "[5, 6, null]\n", "invalid_request", "tokens[2]"},
			"no list":         {"", "Hello\n", "invalid_request", "tokens"},
			"a special token": {"?policy=raise", "3\n", "rejected", "the special token [INST]"},
			"too many":        {"", "[" + strings.Repeat("1,", 16<<10) + "1]\n", "invalid_request", "at most 16384 ids"},
			"a long line":     {"", strings.Repeat(" ", 140<<10), "invalid_request", "at most 128 KiB"},
			"nothing more":    {"", "", "slow_body", "took too long"},
			"half a line":     {"", "[5, ", "slow_body", "took too long"},
		} {
			t.Run(name+strconv.Itoa(version), func(t *testing.T) {
				address := url
				if c.reason == "slow_body" {
					address = hasty
				} // else what is sent may take its time
				d := converse(t, version, address+textStream+c.query)
				if c.reason != "slow_body" {
					d.send("22177\n")
					require.Equal(t, "Hello", d.next().Text)
				}
				go func() { _, _ = d.in.Write([]byte(c.line)) }() // the server may not read all of it
				line := d.broken(c.reason)
				assert.Contains(t, line.Error.Message, c.text)
				if name == "an id" {
					assert.Equal(t, 1, line.Error.TokenID.Index)
				}
			})
		}
	}
	for query, want := range map[string]int{"?policy=all": 400, "?events=1": 400, "?model=gone": 404, "?of=text": 400} {
		assert.Equal(t, want, ask(t, "POST", url+textStream+query, "1\n").status, query)
	}
	a := ask(t, "POST", url+textStream, "1\n", "Content-Encoding: gzip")
	assert.Equal(t, 415, a.status, a.body)
	a = ask(t, "POST", url+textStream, "22177\n", "Expect: 100-continue")
	assert.Contains(t, a.body, "Hello")
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}

// Nothing of a stream is waited for without its key, and who goes away leaves nothing.
func TestTextStream_keyAndCallerGone(t *testing.T) {
	url := serve(t, shared, server.Options{Keys: onlyKey(t)})
	for _, version := range []int{1, 2} {
		d := converse(t, version, url+textStream)
		require.Equal(t, 401, d.answer.StatusCode)
		d = converse(t, version, url+textStream, "Authorization: Bearer key")
		require.Equal(t, 200, d.answer.StatusCode)
		d.send("22177\n")
		require.Equal(t, "Hello", d.next().Text)
		require.NotEqual(t, "0", metrics(t, url)["mtok_http_body_memory_bytes"])
		require.NoError(t, d.answer.Body.Close())
		require.NoError(t, d.in.CloseWithError(errors.New("gone")))
		eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
	}
	// A body that is cut off is not a whole one.
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST " + textStream + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer key\r\nContent-Length: 100\r\n\r\n22177\n"))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Contains(t, string(all), `{"text":"Hello"}`)
	assert.NotContains(t, string(all), "done")
}

// The end of the server waits for no line.
func TestTextStream_drain(t *testing.T) {
	url, stop, done := drained(t, quiet{shared}, server.Options{Drain: time.Hour})
	streams := []*duplex{converse(t, 1, url+textStream), converse(t, 2, url+textStream)}
	for _, d := range streams {
		d.send("22177\n")
		require.Equal(t, "Hello", d.next().Text)
	}
	stop()
	for _, d := range streams {
		d.broken("closed")
	}
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(hang):
		t.Fatal("the server did not end")
	}
}

// Over gRPC a stream of ids has the key, the times and the memory of every call.
func TestTextStream_gRPC(t *testing.T) {
	o := server.Options{Keys: onlyKey(t), StreamIdle: 300 * time.Millisecond}
	o.GRPC = calls(shared, o)
	url := serve(t, shared, o)
	c := dialed(t, url)
	refused, err := c.DetokenizeStream(t.Context())
	require.NoError(t, err)
	_, err = refused.Recv()
	require.Equal(t, codes.Unauthenticated, status.Code(err), "before a message was sent")

	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer key"))
	defer cancel()
	idle, err := c.DetokenizeStream(ctx)
	require.NoError(t, err)
	require.NoError(t, idle.Send(&v1.DetokenizeStreamRequest{Tokens: []int32{22177}}))
	got, err := idle.Recv()
	require.NoError(t, err)
	require.Equal(t, "Hello", got.GetText())
	_, err = idle.Recv()
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "%v", err)

	left, err := c.DetokenizeStream(ctx)
	require.NoError(t, err)
	require.NoError(t, left.Send(&v1.DetokenizeStreamRequest{Tokens: make([]int32, 1<<14)}))
	_, err = left.Recv()
	require.NoError(t, err)
	cancel()
	eventually(t, "the memory is given back", func() bool { return metrics(t, url)["mtok_http_body_memory_bytes"] == "0" })
}
