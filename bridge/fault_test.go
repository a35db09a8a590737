package bridge_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// nextCallWorks is what every fault has to leave behind.
func nextCallWorks(t *testing.T) {
	t.Helper()
	out, err := shipped(t, "v3").EncodeChat(t.Context(), user("Hello"))
	require.NoError(t, err)
	require.Equal(t, []int32{1, 3, 23325, 4}, out.Tokens)
}

func TestEncodeChatJSON_badRequests(t *testing.T) {
	const invalid = "pydantic_core._pydantic_core.ValidationError"
	const structure = "mistral_common.exceptions.InvalidMessageStructureException"
	for _, c := range []struct{ name, request, class, message, field string }{
		{"no JSON", ``, "json.decoder.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", ""},
		{"half JSON", `{"messages":[`, "json.decoder.JSONDecodeError", "Expecting value: line 1 column 14 (char 13)", ""},
		{"a byte order mark", "\ufeff{}", "json.decoder.JSONDecodeError", "Unexpected UTF-8 BOM", ""},
		{"no object", `[]`, invalid, "Input should be a valid dictionary or instance of ChatCompletionRequest", ""},
		{"null", `null`, invalid, "Input should be a valid dictionary", ""},
		{"messages of another kind", `{"messages":{"role":"user"}}`, invalid, "Input should be a valid list", "messages"},
		{"unknown field", `{"messages":[],"nonsense":1}`, invalid, "Extra inputs are not permitted", "nonsense"},
		{"unknown field inside", `{"messages":[{"role":"user","content":"a","x":1}]}`, invalid, "Extra inputs are not permitted", "messages.0.user.x"},
		{"unknown role", `{"messages":[{"role":"robot","content":"a"}]}`, invalid, "Input tag 'robot'", "messages.0"},
		{"content missing", `{"messages":[{"role":"user"}]}`, invalid, "Field required", "messages.0.user.content"},
		{"nothing", `{"messages":[]}`, structure, "Conversation must have at least one message", ""},
		{"wrong order", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"c"}]}`, structure, "Unexpected role 'system' after role 'assistant'", ""},
		{"wrong end", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`, structure, "Expected last role User or Tool", ""},
		{"too hot", `{"messages":[{"role":"user","content":"a"}],"temperature":1e999}`, invalid, "Input should be less than or equal to 1", "temperature"},
		{"not a number", `{"messages":[{"role":"user","content":"a"}],"temperature":NaN}`, invalid, "1 validation error for ChatCompletionRequest\ntemperature", "temperature"},
		{"not numbers", `{"messages":[{"role":"user","content":[NaN, "NaN \" NaN", Infinity, -Infinity]}]}`, invalid, "validation errors for ChatCompletionRequest", "messages.0.user.content.str"},
		{"too deep", `{"messages":` + strings.Repeat("[", 200_000), "builtins.RecursionError", "while decoding a JSON array from a unicode string", ""},
		{"a huge number", `{"messages":` + strings.Repeat("9", 5000) + `}`, "builtins.ValueError", "Exceeds the limit (4300 digits)", ""},
		{"deep arguments", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"abcdefghi","function":{"name":"f","arguments":"` +
			strings.Repeat("[", 100_000) + `"}}]},{"role":"tool","tool_call_id":"abcdefghi","content":"b"}]}`, "builtins.RecursionError", "while decoding a JSON array from a unicode string", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := shipped(t, "v3")
			_, err := tok.EncodeChatJSON(t.Context(), []byte(c.request))
			pe := pyError(t, err, c.class)
			assert.Contains(t, pe.Message, c.message)
			assert.Equal(t, c.field, pe.Field)
			require.ErrorIs(t, err, bridge.ErrInvalidRequest)
			assert.Equal(t, "encode_chat_completion", pe.Op)
			assert.Contains(t, err.Error(), pe.Message)
			if c.class == invalid {
				assert.Equal(t, "ChatCompletionRequest", pe.Title)
				assert.NotEmpty(t, pe.Details)
				assert.NotEmpty(t, pe.ErrorsJSON())
			}
			_, other := tok.CountJSONAsync(t.Context(), []byte(c.request)).Await(t.Context())
			assert.Equal(t, pe.Message, pyError(t, other, c.class).Message)
			nextCallWorks(t)
		})
	}
}

func TestPyError_nonFiniteInput(t *testing.T) {
	_, err := shipped(t, "v3").EncodeChatJSON(t.Context(), []byte(`{"messages":[{"role":"user","content":"a"}],"temperature":NaN}`))
	pe := pyError(t, err, "pydantic_core._pydantic_core.ValidationError")
	assert.Contains(t, string(pe.ErrorsJSON()), `"input":NaN`)
	assert.Equal(t, "null", string(pe.Details[0].Input))
	assert.Equal(t, []any{"temperature"}, pe.Details[0].Loc)
}

// What is no text for Python's codec is one of the two tokenizers' own errors.
func TestEncodeChatJSON_loneSurrogates(t *testing.T) {
	request := []byte(`{"messages":[{"role":"user","content":"a\ud800b"}]}`)
	_, err := shipped(t, "v3").EncodeChatJSON(t.Context(), request)
	pyError(t, err, "builtins.RuntimeError")
	assert.ErrorIs(t, err, bridge.ErrInvalidRequest)

	tok := shipped(t, "v3-tekken")
	out, err := tok.EncodeChatJSON(t.Context(), request)
	require.NoError(t, err)
	replaced, err := tok.EncodeChat(t.Context(), user("a\ufffdb"))
	require.NoError(t, err)
	assert.Equal(t, replaced.Tokens, out.Tokens)
	nextCallWorks(t)

	_, err = tok.EncodeChatJSON(t.Context(), []byte(`{"messages":[{"role":"user","content":"a"}],"\ud800":"\udfff"}`))
	assert.NotEmpty(t, pyError(t, err, "pydantic_core._pydantic_core.ValidationError").Details)
	nextCallWorks(t)
}

func TestEncodeText_NUL(t *testing.T) {
	for _, name := range []string{"v3", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			ids, err := tok.EncodeText(t.Context(), "a\x00b", false, false)
			require.NoError(t, err)
			back, err := tok.Decode(t.Context(), ids, bridge.Ignore)
			require.NoError(t, err)
			assert.Equal(t, "a\x00b", back)
		})
	}
	for _, src := range []bridge.Source{bridge.File("/tmp/\x00.model.v3"), bridge.ModelDir("/tmp/\x00"), bridge.Shipped("v3\x00"), bridge.Model("\x00")} {
		_, err := shared.Load(t.Context(), src)
		var pe *bridge.PyError
		require.ErrorAs(t, err, &pe, src)
	}
	nextCallWorks(t)
}

func TestCountText_27MB(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	const n = 27 << 20
	count, err := tok.CountText(t.Context(), strings.Repeat("word ", n/5), true, false)
	require.NoError(t, err)
	assert.Equal(t, n/5+2, count)
	_, err = tok.CountText(t.Context(), strings.Repeat(" ", 1<<20), false, false)
	assert.Contains(t, pyError(t, err, "builtins.ValueError").Message, "Max stack size exceeded")
	nextCallWorks(t)
}

func TestDecode_errors(t *testing.T) {
	for name, class := range map[string]string{"v3": "builtins.IndexError", "v3-tekken": "builtins.KeyError"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			_, err := tok.Decode(t.Context(), []int32{1 << 30}, bridge.Ignore)
			pyError(t, err, class)
			assert.ErrorIs(t, err, bridge.ErrInvalidRequest)
			_, err = tok.DecodeJSON(t.Context(), []byte(`{"tokens":[1],"policy":"maybe"}`))
			assert.Contains(t, pyError(t, err, "builtins.ValueError").Message, "'maybe'")
			_, err = tok.Decode(t.Context(), []int32{1}, bridge.Policy(9))
			assert.EqualError(t, err, "bridge: policy: 9 is none of Ignore, Keep and Raise")
			assert.ErrorIs(t, err, bridge.ErrInvalidRequest)
		})
	}
	nextCallWorks(t)
}

func TestLoad_badFiles(t *testing.T) {
	rt := rt(t)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "none"), 0o700))
	write("many/tokenizer.model.v3", "")
	write("many/tokenizer.model.v7", "")
	write("corrupt/tekken.json", "{")
	for _, c := range []struct {
		name    string
		src     bridge.Source
		class   string
		message string
	}{
		{"missing file", bridge.File(filepath.Join(dir, "absent", "tekken.json")), "mistral_common.exceptions.TokenizerException", "Unrecognized tokenizer file: "},
		{"unknown kind", bridge.File(write("a.txt", "x")), "mistral_common.exceptions.TokenizerException", "Unrecognized tokenizer file"},
		{"empty tekken", bridge.File(write("tekken.json", "")), "json.decoder.JSONDecodeError", "Expecting value"},
		{"half tekken", bridge.File(write("half/tekken.json", `{"vocab":[`)), "json.decoder.JSONDecodeError", ""},
		{"other JSON", bridge.File(write("other/tekken.json", `{}`)), "builtins.KeyError", ""},
		{"missing directory", bridge.ModelDir(filepath.Join(dir, "absent")), "builtins.FileNotFoundError", "absent"},
		{"a file as directory", bridge.ModelDir(write("plain", "")), "builtins.NotADirectoryError", "plain"},
		{"directory without", bridge.ModelDir(filepath.Join(dir, "none")), "builtins.FileNotFoundError", "holds no tokenizer file"},
		{"directory with two", bridge.ModelDir(filepath.Join(dir, "many")), "pyshim.errors.AmbiguousDirectory", "tokenizer.model.v3, tokenizer.model.v7"},
		{"directory with a corrupt one", bridge.ModelDir(filepath.Join(dir, "corrupt")), "json.decoder.JSONDecodeError", ""},
		{"unknown name", bridge.Shipped("v99"), "pyshim.errors.UnknownTokenizer", "it ships v1, v2, v3"},
		{"unknown model", bridge.Model("acme/big"), "pyshim.errors.UnknownTokenizer", "mistralai/Mistral-7B-Instruct-v0.3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rt.Load(t.Context(), c.src)
			assert.Contains(t, pyError(t, err, c.class).Message, c.message)
			_, err = rt.LoadAsync(t.Context(), c.src).Await(t.Context())
			pyError(t, err, c.class)
		})
	}
	t.Run("corrupt SentencePiece", func(t *testing.T) {
		_, err := rt.Load(t.Context(), bridge.File(write("tokenizer.model.v3", "garbage")))
		var pe *bridge.PyError
		require.ErrorAs(t, err, &pe)
		_, err = rt.LoadRaw(t.Context(), filepath.Join(dir, "tokenizer.model.v3"))
		require.ErrorAs(t, err, &pe)
	})
	t.Run("unknown mode", func(t *testing.T) {
		_, err := rt.Load(t.Context(), bridge.Shipped("v3"), bridge.WithMode("strict"))
		assert.Contains(t, pyError(t, err, "builtins.ValueError").Message, "'strict' is not a valid ValidationMode")
	})
	_, err := rt.Load(t.Context(), bridge.Source{})
	require.EqualError(t, err, "bridge: source: load: empty Source; use Shipped, File, ModelDir or Model")
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	_, err = rt.LoadRaw(t.Context(), "")
	require.EqualError(t, err, "bridge: path: load_raw: no file is named")
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	nextCallWorks(t)
}

func TestCall_baseExceptions(t *testing.T) {
	rt := rt(t)
	for what, class := range map[string]string{
		"SystemExit": "builtins.SystemExit", "KeyboardInterrupt": "builtins.KeyboardInterrupt", "MemoryError": "builtins.MemoryError",
		"mute": "pyshim.testing_ops.Mute", "surrogate": "builtins.ValueError",
	} {
		_, err := rt.Send(t.Context(), bridge.OpRaise, 0, what)
		pyError(t, err, class)
		assert.Equal(t, what == "surrogate", errors.Is(err, bridge.ErrInvalidRequest), what)
	}
	_, err := rt.Send(t.Context(), bridge.OpPanic, 0, "")
	pe := pyError(t, err, "pyo3_runtime.PanicException")
	assert.Contains(t, pe.Message, "Encoder and decoder must be of equal length")
	assert.NotErrorIs(t, err, bridge.ErrInvalidRequest)
	nextCallWorks(t)
}

func TestCall_malformedReply(t *testing.T) {
	rt := rt(t)
	for what, want := range map[string]string{
		"ints": "reply ints: TypeError", "bufs": "reply bytes: TypeError", "beyond": "beyond int32", "flags": "announced", "nothing": "",
	} {
		_, err := rt.Send(t.Context(), bridge.OpMalformed, 0, what)
		require.ErrorContains(t, err, want, what)
	}
	_, err := rt.Send(t.Context(), 0x7fff, 0, "")
	pyError(t, err, "pyshim.errors.UnknownOp")
	nextCallWorks(t)
}

func TestWithLogger(t *testing.T) {
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	view, err := bridge.Open(t.Context(), append(options(), bridge.WithLogger(log))...)
	require.NoError(t, err)
	defer func() { require.NoError(t, view.Close(t.Context())) }()
	assertBalanced(t)

	body, err := view.Send(t.Context(), bridge.OpTalk, 0, "")
	require.NoError(t, err)
	assert.Equal(t, "talked", body)
	for _, want := range []string{
		`level=INFO msg="on stdout" logger=stdout`, `level=WARN msg="on stderr" logger=stderr`,
		`level=INFO msg="bytes \\xff" logger=stdout`, `level=ERROR msg="logged well" logger=some.library`,
	} {
		assert.Contains(t, said.String(), want)
	}
	assert.NotContains(t, said.String(), "not this")
	assert.NotContains(t, said.String(), "be warned", "a warning belongs to the call's result")
}

func TestCall_warnings(t *testing.T) {
	rt := rt(t)
	for range 2 { // Python shows a warning once by default
		got, err := bridge.SendForWarnings(t.Context(), rt, bridge.OpTalk)
		require.NoError(t, err)
		assert.Equal(t, []bridge.Warning{{Module: "builtins", Category: "FutureWarning", Message: "be warned"}}, got)
	}
	out, err := shipped(t, "v3").EncodeChat(t.Context(), user("Hello"))
	require.NoError(t, err)
	assert.Empty(t, out.Warnings)
}

func TestCall_pythonThreads(t *testing.T) {
	rt := rt(t)
	for _, what := range []string{"print", "raise"} {
		t.Run(what, func(t *testing.T) {
			_, err := rt.Send(t.Context(), bridge.OpThread, 0, what)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				ran, err := rt.Send(t.Context(), bridge.OpThreadRan, 0, "")
				return err == nil && ran == "true"
			}, guard, 20*time.Millisecond)
		})
	}
	nextCallWorks(t)
}
