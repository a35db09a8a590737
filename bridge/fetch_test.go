package bridge_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func imageChat(url string) *mistral.ChatCompletionRequest {
	return withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.ImageURLChunk{URL: url})})
}

// Without the option nothing is requested, opened or reported.
func TestWithFetcher_notGiven(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	there := filepath.Join(t.TempDir(), "there.wav")
	require.NoError(t, os.WriteFile(there, []byte("RIFF"), 0o600))
	tok := synthetic(t, "v13")
	for i, c := range []mistral.Chunk{
		mistral.ImageURLChunk{URL: server.URL}, mistral.ImageURLChunk{URL: server.URL, Detail: ptr("low")}, mistral.ImageURLChunk{URL: "file:///etc/passwd"},
		mistral.AudioURLChunk{URL: server.URL}, mistral.AudioURLChunk{URL: "file://" + there}, mistral.AudioURLChunk{URL: there},
		mistral.AudioURLChunk{URL: there + ".none"}, mistral.RawChunk(`{"type":"audio_url","audio_url":{"url":"` + there + `"}}`),
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			req := withMessages(mistral.UserMessage{Content: mistral.Chunks(c)})
			_, err := tok.EncodeChat(t.Context(), req)
			var denied *bridge.MediaDeniedError
			require.ErrorAs(t, err, &denied, c)
			assert.Contains(t, err.Error(), "WithFetcher")
			_, err = tok.EncodeInstruct(t.Context(), &mistral.InstructRequest{Messages: req.Messages})
			require.ErrorAs(t, err, &denied, c)
		})
	}
	assert.Zero(t, asked)
	nextCallWorks(t)
}

// site answers for images.example and cdn.example, on loopback, as hosts of the
// internet.
func site(t *testing.T, handler http.HandlerFunc) bridge.FetcherOptions {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	addresses := map[string]string{
		"images.example": "93.184.216.34", "cdn.example": "2606:2800:21f::1", "inside.example": "10.0.0.1",
		"both.example": "93.184.216.34,127.0.0.1", "mapped.example": "::ffff:127.0.0.1", "nat.example": "64:ff9b::7f00:1", "meta.example": "169.254.169.254",
	}
	return bridge.FetcherOptions{
		Hosts: []string{"*.example"}, AllowHTTP: true, MaxBytes: 1 << 20, Timeout: guard,
		Resolve: func(_ context.Context, host string) (out []netip.Addr, err error) {
			for a := range strings.SplitSeq(addresses[strings.ToLower(host)], ",") {
				out = append(out, netip.MustParseAddr(a))
			}
			return out, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
}

func TestFetcher_limits(t *testing.T) {
	o := site(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch {
		case scan(r.URL.Path, "/hop%d", &n) && n > 0:
			http.Redirect(w, r, fmt.Sprintf("http://cdn.example/hop%d", n-1), http.StatusFound)
		case r.URL.Path == "/away":
			http.Redirect(w, r, "http://elsewhere.test/x", http.StatusFound)
		case r.URL.Path == "/inside":
			http.Redirect(w, r, "http://inside.example/x", http.StatusFound)
		case r.URL.Path == "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/large":
			_, _ = w.Write(make([]byte, 1<<20+1))
		case r.URL.Path == "/endless":
			w.(http.Flusher).Flush()
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		case r.URL.Path == "/slow":
			<-r.Context().Done()
		case r.URL.Path == "/gone":
			http.NotFound(w, r)
		default:
			_, _ = w.Write([]byte("ok"))
		}
	})
	f, err := bridge.NewFetcher(o)
	require.NoError(t, err)
	get := func(url string) error {
		_, err := f.Fetch(t.Context(), url)
		return err
	}
	for _, url := range []string{"http://images.example/x", "http://IMAGES.example/hop3", "http://cdn.example:8080/x"} {
		assert.NoError(t, get(url), url)
	}
	for _, url := range []string{
		"http://images.example/hop4", "http://images.example/away", "http://images.example/inside", "http://images.example/file",
		"http://images.example/large", "http://images.example/endless", "http://inside.example/", "http://both.example/", "http://mapped.example/",
		"http://nat.example/", "http://meta.example/latest", "http://elsewhere.test/", "http://example/", "http://a.example.test/", "ftp://images.example/",
		"http://user:word@images.example/", "http://127.0.0.1/", "http://[::1]/", "http://", "gopher://images.example", "%",
	} {
		assert.ErrorIs(t, get(url), bridge.ErrFetchRefused, url)
	}
	assert.ErrorContains(t, get("http://images.example/gone"), "404")

	o.Timeout = 20 * time.Millisecond
	f, err = bridge.NewFetcher(o)
	require.NoError(t, err)
	require.ErrorIs(t, get("http://images.example/slow"), context.DeadlineExceeded)

	o.AllowHTTP, o.Hosts = false, []string{"*"}
	f, err = bridge.NewFetcher(o)
	require.NoError(t, err)
	require.ErrorIs(t, get("http://images.example/"), bridge.ErrFetchRefused, "https only")
	require.ErrorIs(t, get("https://10.0.0.1/"), bridge.ErrFetchRefused, "an address that is written out")
	_, err = bridge.NewFetcher(bridge.FetcherOptions{})
	require.EqualError(t, err, `bridge: FetcherOptions.Hosts: empty; list those that may be asked, or "*"`)
}

func scan(text, format string, n *int) bool {
	got, err := fmt.Sscanf(text, format, n)
	return got == 1 && err == nil
}

// What is fetched gives the tokens and the pixels of the same image sent inline, in
// every form of a request.
func TestWithFetcher_sameAsInline(t *testing.T) {
	ctx := t.Context()
	const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
	o := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a.png" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(fromBase64(t, png))
	})
	f, err := bridge.NewFetcher(o)
	require.NoError(t, err)
	r, err := bridge.Open(ctx, append(options(), bridge.WithFetcher(f))...)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close(ctx)) }()
	tok, err := r.Load(ctx, bridge.Shipped("v3-tekken-mm"))
	require.NoError(t, err)
	want, err := tok.EncodeChat(ctx, imageChat("data:image/png;base64,"+png))
	require.NoError(t, err)
	const url = "http://images.example/a.png"
	for name, call := range map[string]func() (*bridge.Tokenized, error){
		"typed": func() (*bridge.Tokenized, error) { return tok.EncodeChat(ctx, imageChat(url)) },
		"async": func() (*bridge.Tokenized, error) { return tok.EncodeChatAsync(ctx, imageChat(url)).Await(ctx) },
		"json": func() (*bridge.Tokenized, error) {
			return tok.EncodeChatJSON(ctx, []byte(`{"messages":[{"role":"user","content":[{"\u0069mage_url":{"url":"http:\/\/images.example/a.png","detail":null},"type":"image_url"}]}]}`))
		},
		"twice": func() (*bridge.Tokenized, error) {
			return tok.EncodeChatJSON(ctx, []byte(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://10.0.0.1/","image_url":"`+url+`"}]}]}`))
		},
		"instruct": func() (*bridge.Tokenized, error) {
			return tok.EncodeInstruct(ctx, &mistral.InstructRequest{Messages: imageChat(url).Messages})
		},
	} {
		got, err := call()
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	n, err := tok.CountAsync(ctx, imageChat(url)).Await(ctx)
	require.NoError(t, err)
	assert.Equal(t, len(want.Tokens), n)
	body := []byte(`{"stream":true,"messages":[{"role":"user","name":"Bob","content":[{"type":"image_url","image_url":{"url":"` + url + `","detail":"auto"}}]}]}`)
	n, err = tok.CountOpenAI(ctx, body)
	require.NoError(t, err)
	assert.Equal(t, len(want.Tokens), n)
	sent, err := tok.EncodeOpenAIAsync(ctx, body).Await(ctx)
	require.NoError(t, err)
	assert.Equal(t, want.Tokens, sent.Tokens)
	assert.Equal(t, want.Images, sent.Images)
	_, err = tok.CountOpenAI(ctx, []byte(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://inside.example/a.png"}}]}]}`))
	require.ErrorAs(t, err, new(*bridge.FetchError))

	_, err = tok.EncodeChatAsync(ctx, imageChat("http://inside.example/a.png")).Await(ctx)
	var failed *bridge.FetchError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, bridge.ErrFetchRefused)
	assert.Equal(t, "messages.0.content.0.image_url", failed.Place)
	_, err = tok.EncodeChat(ctx, imageChat("file:///etc/passwd"))
	var denied *bridge.MediaDeniedError
	require.ErrorAs(t, err, &denied, "a file is none of a fetcher's")
	// A key of that name elsewhere is nobody's image.
	req := user("a")
	req.Tools = []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: []byte(`{"image_url":"http://images.example/none"}`)}}}
	_, err = tok.EncodeChat(ctx, req)
	require.NoError(t, err)
}

// childLimits opens with limits of its own, which hold for the process.
func childLimits(ctx context.Context) error {
	r, err := bridge.Open(ctx, append(options(), bridge.WithMaxImagePixels(100*100), bridge.WithMaxAudioSamples(1000))...)
	if err != nil {
		return err
	}
	if _, err := bridge.Open(ctx, append(options(), bridge.WithMaxImagePixels(1))...); err == nil {
		return fmt.Errorf("a second Open changed the limits")
	}
	tok, err := r.Load(ctx, bridge.Shipped("v3-tekken-mm"))
	if err != nil {
		return err
	}
	_, err = tok.EncodeChat(ctx, imageChat("data:image/png;base64,"+blank(101, 100)))
	if large := new(bridge.MediaTooLargeError); !asType(err, &large) {
		return otherwise("a large image", err)
	}
	if _, err = tok.EncodeChat(ctx, imageChat("data:image/png;base64,"+blank(100, 100))); err != nil {
		return err
	}
	_, err = r.DecodeAudio(ctx, wav(1001), bridge.AudioOptions{})
	if large := new(bridge.MediaTooLargeError); !asType(err, &large) {
		return otherwise("a long audio", err)
	}
	audio, err := r.DecodeAudio(ctx, wav(1000), bridge.AudioOptions{})
	if err != nil || len(audio.Samples) != 1000 || audio.SamplingRate != 16000 {
		return otherwise(fmt.Sprint("an audio: ", audio), err)
	}
	return r.Close(ctx)
}

func TestWithMaxImagePixels(t *testing.T) { runInChild(t, "limits") }

func TestConvertAudio(t *testing.T) {
	ctx := t.Context()
	r := rt(t)
	flac, err := r.ConvertAudio(ctx, wav(800), "flac", bridge.AudioOptions{Rate: 8000})
	require.NoError(t, err)
	assert.Equal(t, "fLaC", string(flac[:4]))
	audio, err := r.DecodeAudioAsync(ctx, flac, bridge.AudioOptions{}).Await(ctx)
	require.NoError(t, err)
	assert.Equal(t, 8000, audio.SamplingRate)
	assert.InDelta(t, 400, len(audio.Samples), 2)
}
