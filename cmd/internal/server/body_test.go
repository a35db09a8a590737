package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zstandard(t testing.TB, text []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, opts...)
	require.NoError(t, err)
	return w.EncodeAll(text, nil)
}

// chunked is a body whose length is not announced.
type chunked struct{ io.Reader }

func send(t testing.TB, url string, from io.Reader, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, from)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	a, err := sent(http.DefaultClient, r)
	require.NoError(t, err)
	return a
}

// prompt is a request of exactly n bytes.
func prompt(n int) string {
	const around = `{"prompt":""}`
	return `{"prompt":"` + strings.Repeat("a", n-len(around)) + `"}`
}

const tooLarge = `{"error":{"message":"The request body is larger than the limit of 100000 bytes.","type":"Content Too Large","param":null,"code":413}}`

func TestBody_limit(t *testing.T) {
	const limit = 100000
	url := serve(t, shared, server.Options{MaxBody: limit}) + "/tokenize"
	for name, pack := range map[string]func([]byte) []byte{
		"":     func(b []byte) []byte { return b },
		"gzip": func(b []byte) []byte { return gzipped(t, b) },
		"zstd": func(b []byte) []byte { return zstandard(t, b) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, whole := range []bool{true, false} {
				ask := func(n int) answer {
					var from io.Reader = bytes.NewReader(pack([]byte(prompt(n))))
					if !whole {
						from = chunked{from}
					}
					return send(t, url, from, "Content-Encoding: "+name)
				}
				assert.Equal(t, 200, ask(limit).status, "%s %t", name, whole)
				a := ask(limit + 1)
				assert.Equal(t, 413, a.status, "%s %t", name, whole)
				assert.Equal(t, tooLarge, a.body)
				assert.Equal(t, 413, ask(20*limit).status, "%s %t", name, whole)
				assert.Equal(t, 200, ask(limit/2).status, "%s %t: what came before is forgotten", name, whole)
			}
		})
	}
	a := ask(t, "POST", strings.TrimSuffix(url, "/tokenize")+"/v1/tokenize/", prompt(limit+1), isJSON)
	assert.Equal(t, `{"detail":"The request body is larger than the limit of 100000 bytes."}`, a.body)
}

// A limit that is announced is kept before a byte of the body has come.
func TestBody_announcedTooLarge(t *testing.T) {
	url := serve(t, shared, server.Options{MaxBody: 1000})
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(hang)))
	got := make([]byte, 12)
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 413", string(got))
}

// A bomb is put down at the limit: 20 MB of zeros are a few kilobytes on the way.
func TestBody_bombs(t *testing.T) {
	s, err := server.New(quiet{shared}, server.Options{Addrs: []string{"127.0.0.1:0"}, MaxBody: 100000, BodyMemory: 300000})
	require.NoError(t, err)
	url := "http://" + run(t, s) + "/tokenize"
	zeros := make([]byte, 20<<20)
	for name, bomb := range map[string][]byte{"gzip": gzipped(t, zeros), "zstd": zstandard(t, zeros)} {
		a := send(t, url, bytes.NewReader(bomb), "Content-Encoding: "+name)
		assert.Equal(t, 413, a.status, name)
		assert.Equal(t, tooLarge, a.body, name)
	}
	// Parts of which nothing is left could continue for ever.
	for name, part := range map[string][]byte{"gzip": gzipped(t, nil), "zstd": {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0}} {
		endless := struct{ io.Reader }{bytes.NewReader(bytes.Repeat(part, 300000/len(part)))} // of no length that is known
		a := send(t, url, endless, "Content-Encoding: "+name)
		assert.Equal(t, 413, a.status, name)
		assert.Equal(t, tooLarge, a.body, name)
	}
	// A frame that asks for a large window before it has sent anything.
	w, err := zstd.NewWriter(nil, zstd.WithWindowSize(64<<20), zstd.WithSingleSegment(false))
	require.NoError(t, err)
	var wide bytes.Buffer
	w.Reset(&wide)
	_, err = w.Write(zeros)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	a := send(t, url, &wide, "Content-Encoding: zstd")
	assert.Equal(t, 400, a.status, a.body)
}

func TestBody_packed(t *testing.T) {
	url := serve(t, shared, server.Options{}) + "/tokenize"
	want := post(t, url, chat).body
	for name, body := range map[string][]byte{
		"gzip": gzipped(t, []byte(chat)), "x-gzip": gzipped(t, []byte(chat)), "zstd": zstandard(t, []byte(chat)),
		"GZIP": gzipped(t, []byte(chat)), "identity": []byte(chat),
	} {
		a := send(t, url, bytes.NewReader(body), "Content-Encoding: "+name)
		assert.Equal(t, 200, a.status, name)
		assert.Equal(t, want, a.body, name)
	}
	packed := gzipped(t, []byte(chat))
	torn := zstandard(t, []byte(chat), zstd.WithEncoderCRC(true))
	torn[len(torn)-1] ^= 1
	for what, c := range map[string]struct {
		name string
		body []byte
	}{
		"not packed": {"gzip", []byte(chat)}, "not packed, zstd": {"zstd", []byte(chat)}, "cut": {"gzip", packed[:len(packed)-9]},
		"cut, zstd": {"zstd", torn[:len(torn)-9]}, "checksum": {"zstd", torn}, "empty": {"gzip", nil},
	} {
		a := send(t, url, bytes.NewReader(c.body), "Content-Encoding: "+c.name)
		assert.Equal(t, 400, a.status, what)
		assert.Equal(t, `{"error":{"message":"The request body is not what its Content-Encoding says.","type":"Bad Request","param":null,"code":400}}`, a.body, what)
	}
	for _, name := range []string{"br", "gzip, zstd", "deflate"} {
		t.Run(name, func(t *testing.T) {
			a := send(t, url, bytes.NewReader(packed), "Content-Encoding: "+name)
			assert.Equal(t, 415, a.status, name)
			assert.Equal(t, "gzip, zstd", a.header.Get("Accept-Encoding"))
		})
	}
}

func TestAnswer_packed(t *testing.T) {
	url := serve(t, shared, server.Options{CompressMin: 2000}) + "/tokenize"
	large, small := `{"prompt":"`+strings.Repeat("word ", 1000)+`"}`, chat
	plain := func(body, accept string) answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept-Encoding", accept)
		a, err := sent(http.DefaultClient, r)
		require.NoError(t, err)
		return a
	}
	want := plain(large, "identity").body
	for accept, encoding := range map[string]string{
		"gzip": "gzip", "zstd": "zstd", "gzip, zstd": "zstd", "gzip;q=1, zstd;q=0.1": "gzip", "br": "", "gzip;q=0": "", "": "",
	} {
		t.Run(accept, func(t *testing.T) {
			a := plain(large, accept)
			assert.Equal(t, encoding, a.header.Get("Content-Encoding"), accept)
			assert.Empty(t, plain(small, accept).header.Get("Content-Encoding"), accept)
			var out []byte
			var err error
			switch encoding {
			case "gzip":
				var r *gzip.Reader
				r, err = gzip.NewReader(strings.NewReader(a.body))
				require.NoError(t, err)
				out, err = io.ReadAll(r)
			case "zstd":
				var d *zstd.Decoder
				d, err = zstd.NewReader(nil)
				require.NoError(t, err)
				out, err = d.DecodeAll([]byte(a.body), nil)
				d.Close()
			default:
				out = []byte(a.body)
			}
			require.NoError(t, err)
			assert.Equal(t, want, string(out), accept)
		})
	}
	off := serve(t, shared, server.Options{CompressMin: -1}) + "/tokenize"
	assert.Empty(t, send(t, off, strings.NewReader(large), "Accept-Encoding: gzip").header.Get("Content-Encoding"))
}

// An answer of many tokens is written in pieces; it is the same.
func TestAnswer_large(t *testing.T) {
	url := serve(t, shared, server.Options{})
	body := `{"messages":[{"role":"user","content":"` + strings.Repeat("word ", 50000) + `"}]}`
	a := post(t, url+"/tokenize", body)
	require.Equal(t, 200, a.status)
	tokens := post(t, url+"/v1/tokenize/", body).body
	assert.Equal(t, `{"count":50004,"max_model_len":32768,"tokens":`+tokens+`,"token_strs":null}`, a.body)
	assert.Equal(t, 50003, strings.Count(tokens, ","))
}

// All bodies together have a limit, of which each gives its part back.
func TestBody_memory(t *testing.T) {
	e := newSlow(shared)
	url := serve(t, e, server.Options{MaxBody: 1000, BodyMemory: 2500}) + "/tokenize"
	held := make(chan answer, 2)
	for range 2 {
		go func() {
			a, _ := try(t.Context(), http.DefaultClient, "POST", url, prompt(1000), isJSON)
			held <- a
		}()
	}
	<-e.entered
	<-e.entered
	a := post(t, url, prompt(1000))
	assert.Equal(t, 429, a.status)
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	assert.Equal(t, 429, send(t, url, chunked{strings.NewReader(prompt(1000))}).status)
	close(e.gate)
	assert.Equal(t, 200, (<-held).status)
	assert.Equal(t, 200, (<-held).status)
	assert.Equal(t, 200, post(t, url, prompt(1000)).status)
}
