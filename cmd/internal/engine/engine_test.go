package engine_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

func tokenize(t *testing.T, body string) (int, string) {
	t.Helper()
	s, err := shared.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(body)})
	require.NoError(t, err)
	return s.Status, string(s.AppendBody(nil))
}

func TestEngine_Serve_model(t *testing.T) {
	tekken := `{"count":3,"max_model_len":32768,"tokens":[1,22177,4304],"token_strs":null}`
	spm := `{"count":3,"max_model_len":32768,"tokens":[1,23325,2294],"token_strs":null}`
	for body, want := range map[string]string{
		`{"prompt":"Hello world"}`:                                tekken,
		`{"prompt":"Hello world","model":null}`:                   tekken,
		`{"model":"tekken","prompt":"Hello world"}`:               tekken,
		`{"model":"also","prompt":"Hello world"}`:                 tekken,
		`{"model":"spm","prompt":"Hello world"}`:                  spm,
		`{"prompt":"Hello world","model":"\u0073pm"}`:             spm,
		`{"model":"tekken","prompt":"Hello world","model":"spm"}`: spm,
		`{"model":"spm","prompt":"Hello world","model":"tekken"}`: tekken,
		`{"x":{"model":"spm"},"prompt":"Hello world"}`:            tekken,
	} {
		status, got := tokenize(t, body)
		assert.Equal(t, 200, status, body)
		assert.Equal(t, want, got, body)
	}
	for _, body := range []string{`{"model":"nope","prompt":"a"}`, `{"model":"spm","prompt":"a","model":"nope"}`} {
		t.Run(body, func(t *testing.T) {
			status, got := tokenize(t, body)
			assert.Equal(t, 404, status)
			assert.Equal(t, "{\"error\":{\"message\":\"The model `nope` does not exist. Valid aliases: tekken, also.\",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}", got)
		})
	}
	status, _ := tokenize(t, `{"model":"spm","prompt":`)
	assert.Equal(t, 400, status, "what is wrong with a request is the reference's to say")
}

// json.loads, which the reference's servers use, reads bytes in any of these encodings: the
// model is found in each.
func TestEngine_Serve_encodings(t *testing.T) {
	body, want := `{"model":"spm","prompt":"Hello 👍"}`, ""
	for name, encode := range encodings {
		t.Run(name, func(t *testing.T) {
			for _, mark := range []string{"", "\ufeff"} {
				status, got := tokenize(t, encode(mark+body))
				require.Equal(t, 200, status, "%s %q: %s", name, mark, got)
				if want == "" {
					_, want = tokenize(t, body)
					require.Contains(t, want, "[1,23325,")
				}
				assert.Equal(t, want, got, "%s %q", name, mark)
			}
		})
	}
	for _, body := range []string{"\xff\xfe", "\xfe\xff\x00", "\x00\x00\x00\x00", "{\x00", "\xff\xfe{\x00\x00", "\x00{", "\xef\xbb\xbf"} {
		status, _ := tokenize(t, body)
		assert.Equal(t, 400, status, "%q", body)
	}
}

var encodings = map[string]func(string) string{
	"UTF-8": func(s string) string { return s },
	"UTF-16, big": func(s string) string {
		return units(utf16.Encode([]rune(s)), binary.BigEndian.AppendUint16)
	},
	"UTF-16, little": func(s string) string {
		return units(utf16.Encode([]rune(s)), binary.LittleEndian.AppendUint16)
	},
	"UTF-32, big":    func(s string) string { return units([]rune(s), wide(binary.BigEndian.AppendUint32)) },
	"UTF-32, little": func(s string) string { return units([]rune(s), wide(binary.LittleEndian.AppendUint32)) },
}

func units[T any](list []T, put func([]byte, T) []byte) string {
	var out []byte
	for _, unit := range list {
		out = put(out, unit)
	}
	return string(out)
}

func wide(put func([]byte, uint32) []byte) func([]byte, rune) []byte {
	return func(b []byte, r rune) []byte { return put(b, uint32(r)) }
}

func TestEngine_Models(t *testing.T) {
	require.NoError(t, shared.Ready())
	assert.True(t, shared.Loaded())
	require.Len(t, shared.Models(), 2)
	assert.Equal(t, []string{"tekken", "also"}, shared.Models()[0].Names)
	assert.Equal(t, "v3-tekken", shared.Models()[0].Root)
	assert.Equal(t, "name v3", shared.Models()[1].Root)
	assert.Nil(t, shared.Models()[0].VLLM())
	m, ok := shared.Lookup("also")
	require.True(t, ok)
	assert.Same(t, shared.Models()[0], m)
	out, err := m.Tokenizer().EncodeText(t.Context(), "Hello", false, false)
	require.NoError(t, err)
	assert.Equal(t, []int32{22177}, out)
	_, ok = shared.Lookup("nope")
	assert.False(t, ok)
	assert.Equal(t, "1.13.1", shared.Info().Packages["mistral-common"])
	assert.Positive(t, shared.Stats().Completed)
	schemas, err := shared.Schemas(t.Context())
	require.NoError(t, err)
	assert.True(t, json.Valid(schemas))
}

func TestStart_badOptions(t *testing.T) {
	v3 := bridge.Shipped("v3")
	for want, o := range map[string]engine.Options{
		"engine: no models":                             {},
		"engine: name v3: a model needs a name":         {Models: []engine.ModelSpec{{Source: v3}}},
		`engine: two models are named "a"`:              {Models: []engine.ModelSpec{{Source: v3, Name: "b", Aliases: []string{"a"}}, {Source: v3, Name: "a"}}},
		"engine: the length of a model must not be neg": {Models: []engine.ModelSpec{{Source: v3, Name: "a"}}, MaxModelLen: -1},
	} {
		t.Run(want, func(t *testing.T) {
			_, err := engine.Start(o)
			require.ErrorContains(t, err, want)
		})
	}
}

// held is an engine whose bridge opens when the test lets it.
func held(t *testing.T) (e *engine.Engine, let func(error)) {
	t.Helper()
	gate := make(chan error, 1)
	e, err := engine.Start(engine.Options{
		Models: []engine.ModelSpec{{Source: bridge.Shipped("v3"), Name: "spm"}},
		Open: func(ctx context.Context) (*bridge.Runtime, error) {
			select {
			case err := <-gate:
				if err != nil {
					return nil, err
				}
				return bridge.Open(ctx, options()...)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	})
	require.NoError(t, err)
	return e, func(err error) { gate <- err }
}

func TestEngine_lifecycle(t *testing.T) {
	e, let := held(t)
	require.ErrorIs(t, e.Ready(), engine.ErrLoading)
	assert.False(t, e.Loaded())
	assert.Empty(t, e.Models())
	assert.Zero(t, e.Stats())
	assert.Zero(t, e.Info())
	_, err := e.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(`{"prompt":"a"}`)})
	require.ErrorIs(t, err, engine.ErrLoading)
	short, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.Wait(short), context.Canceled)
	let(nil)
	require.NoError(t, e.Wait(t.Context()))
	require.NoError(t, e.Ready())
	e.Drain()
	require.ErrorIs(t, e.Ready(), engine.ErrDraining)
	s, err := e.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(`{"prompt":"a"}`)})
	require.NoError(t, err, "requests are served until the end")
	assert.Equal(t, 200, s.Status)
	require.NoError(t, e.Close(t.Context()))
	_, err = e.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(`{"prompt":"a"}`)})
	require.ErrorIs(t, err, bridge.ErrClosed)
	require.NoError(t, e.Close(t.Context()))
}

func TestEngine_failedLoad(t *testing.T) {
	e, let := held(t)
	broken := errors.New("broken")
	let(broken)
	require.ErrorIs(t, e.Wait(t.Context()), broken)
	require.ErrorIs(t, e.Ready(), broken)
	require.NoError(t, e.Close(t.Context()))

	e, err := engine.Start(engine.Options{Bridge: options(), Models: []engine.ModelSpec{{Source: bridge.File("/nope/tekken.json"), Name: "m"}}})
	require.NoError(t, err)
	require.ErrorContains(t, e.Wait(t.Context()), "load m: ")
	require.Error(t, e.Ready())
	require.NoError(t, e.Close(t.Context()))
}

func TestEngine_Close_whileLoading(t *testing.T) {
	e, _ := held(t)
	require.NoError(t, e.Close(t.Context()))
	require.ErrorIs(t, e.Wait(t.Context()), context.Canceled)
}

func TestEngine_maxModelLenOfDirectory(t *testing.T) {
	source, err := filepath.Glob(filepath.Join(shared.Info().Prefix, "lib", "python3*", "site-packages", "mistral_common", "data", "tekken_240718.json"))
	require.NoError(t, err)
	require.Len(t, source, 1)
	for file, n := range map[string]int{
		``:                                 engine.DefaultMaxModelLen,
		`{}`:                               engine.DefaultMaxModelLen,
		`{"max_position_embeddings":4096}`: 4096,
		`{"text_config":{"max_position_embeddings":8192}}`: 8192,
		`{"max_seq_len":2048}`:                             2048,
	} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Symlink(source[0], filepath.Join(dir, "tekken.json")))
			if file != "" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "params.json"), []byte(file), 0o600))
			}
			e, err := engine.Open(t.Context(), engine.Options{Bridge: options(), Models: []engine.ModelSpec{{Source: bridge.ModelDir(dir), Path: dir, Name: "m"}}})
			require.NoError(t, err)
			assert.Equal(t, n, e.Models()[0].MaxModelLen, file)
			require.NoError(t, e.Close(t.Context()))
		})
	}
	e, err := engine.Open(t.Context(), engine.Options{Bridge: options(), MaxModelLen: 7, Models: []engine.ModelSpec{{Source: bridge.Shipped("v3"), Name: "m"}}})
	require.NoError(t, err)
	s, err := e.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(`{"prompt":"a"}`)})
	require.NoError(t, err)
	assert.Contains(t, string(s.AppendBody(nil)), `"max_model_len":7,`)
	require.NoError(t, e.Close(t.Context()))
}
