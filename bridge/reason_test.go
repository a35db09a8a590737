package bridge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// noise is an image that no format makes small.
func noise() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 120, 90))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32()) | byte(i%4/3*255)
	}
	return m
}

// An image that is cut off, or an audio that is none, is on the caller's account, whatever
// the library that decodes it raises.
func TestReasonOf_damagedMedia(t *testing.T) {
	formats := map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, noise()) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, noise(), nil) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, noise(), nil) },
	}
	tok := shipped(t, "v3-tekken-mm")
	for name, encode := range formats {
		t.Run(name, func(t *testing.T) {
			var whole bytes.Buffer
			require.NoError(t, encode(&whole))
			half := whole.Bytes()[:whole.Len()/2]
			_, err := tok.EncodeChat(t.Context(), withImage(half))
			pe := pyError(t, err, "builtins.OSError")
			assert.Contains(t, pe.Message, "image file is truncated", name)
			assert.Regexp(t, `^mistral_common/tokens/tokenizers/image\.py:\w+:\d+$`, pe.Place)
			callersFault(t, err, bridge.ReasonRejected)
			_, err = tok.CountAsync(t.Context(), withImage(half)).Await(t.Context())
			callersFault(t, err, bridge.ReasonRejected)
			_, err = tok.EncodeChat(t.Context(), withImage(whole.Bytes()[:9]))
			callersFault(t, err, bridge.ReasonRejected)
		})
	}
}

func TestReasonOf_damagedAudio(t *testing.T) {
	_, err := synthetic(t, "v13").EncodeChat(t.Context(), &mistral.ChatCompletionRequest{Messages: []mistral.Message{
		mistral.UserMessage{Content: mistral.Chunks(mistral.AudioChunk{InputAudio: base64.StdEncoding.EncodeToString(wav(100)[:30])})},
	}})
	callersFault(t, err, bridge.ReasonRejected)
}

func withImage(data []byte) *mistral.ChatCompletionRequest {
	url := "data:image/png;base64," + base64.StdEncoding.EncodeToString(data)
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Chunks(mistral.ImageURLChunk{URL: url})}}}
}

func callersFault(t *testing.T, err error, want bridge.Reason) {
	t.Helper()
	require.Error(t, err)
	assert.Equal(t, want, bridge.ReasonOf(err), err)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	assert.Equal(t, 400, bridge.HTTPStatus(err), err)
	assert.False(t, bridge.Retryable(err), err)
}

func TestReasonOf_mediaDenied(t *testing.T) {
	_, err := shipped(t, "v3-tekken-mm").EncodeChatJSON(t.Context(), []byte(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"https://example.org/a.png"}]}]}`))
	callersFault(t, err, bridge.ReasonMediaDenied)
}

func TestReasonOf_beforePython(t *testing.T) {
	tok := shipped(t, "v3")
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"text":        func() error { _, err := tok.EncodeText(ctx, "a\xff", false, false); return err },
		"async":       func() error { _, err := tok.EncodeTextAsync(ctx, "a\xff", false, false).Await(ctx); return err },
		"chat":        func() error { _, err := tok.EncodeChat(ctx, user("\xff")); return err },
		"JSON":        func() error { _, err := tok.EncodeChatJSON(ctx, []byte("{\"a\":\"\xff\"}")); return err },
		"decode":      func() error { _, err := tok.DecodeJSON(ctx, []byte("\xff")); return err },
		"empty body":  func() error { _, err := shared.ChatFromOpenAI(ctx, nil); return err },
		"nil request": func() error { _, err := tok.EncodeChat(ctx, nil); return err },
		"nil message": func() error {
			_, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{Messages: []mistral.Message{nil}})
			return err
		},
		"empty argument": func() error { _, err := raw.Of(tok).Call(ctx, "encode", []byte{}, nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			err := ask()
			callersFault(t, err, bridge.ReasonInvalid)
			callersFault(t, fmt.Errorf("a middleware: %w", err), bridge.ReasonInvalid)
		})
	}
	_, err := tok.EncodeChatJSON(ctx, nil)
	callersFault(t, err, bridge.ReasonRejected) // as json.loads says it
	_, err = mistral.ParseChatCompletionRequest([]byte(`{"messages":7}`))
	assert.Equal(t, 400, bridge.HTTPStatus(err))
}

// What this tokenizer, or this call, does not have is a mistake in what was asked for, and
// no defect.
func TestReasonOf_usage(t *testing.T) {
	spm, ctx := shipped(t, "v3"), t.Context()
	for name, err := range map[string]error{
		"bytes of SentencePiece": second(spm.IDToBytePiece(ctx, 5, bridge.Keep)),
		"a byte":                 second(spm.IsByte(ctx, 5)),
		"raw":                    second(raw.Of(spm).Call(ctx, "id_to_byte_piece", []byte("[5]"), nil)),
		"no such method":         second(raw.Of(spm).Call(ctx, "nonsense", nil, nil)),
		"no audio encoder":       second(raw.Of(spm).AudioEncoder(ctx, "chunk_frames", nil)),
		"no such part":           second(raw.Of(spm).EncodePart(ctx, "nonsense", nil)),
	} {
		assert.Equal(t, bridge.ReasonUsage, bridge.ReasonOf(err), "%s: %v", name, err)
		assert.Equal(t, 400, bridge.HTTPStatus(err), name)
	}
	for _, method := range []string{"start", "find_first_last_user", "validate_messages"} {
		t.Run(method, func(t *testing.T) {
			_, err := raw.Of(spm).EncodePart(ctx, method, []byte(`{}`))
			require.EqualError(t, err, "bridge: method: "+method+" encodes nothing: call Instruct")
			callersFault(t, err, bridge.ReasonInvalid)
		})
	}
	_, err := raw.Of(spm).InstructAsync(ctx, "encode_user_content", []byte(`{}`)).Await(ctx)
	require.EqualError(t, err, "bridge: method: encode_user_content encodes: call EncodePart")
}

// What is zero, or no value of its type, works or is refused with its name: it never stands
// for another value.
func TestOptions_zeroAndUnknown(t *testing.T) {
	tok, ctx := shipped(t, "v3-tekken"), t.Context()
	for name, err := range map[string]error{
		"bridge: policy: 7 is none of Ignore, Keep and Raise":                second(tok.Decode(ctx, []int32{22177}, 7)),
		"bridge: policy: -1 is none of Ignore, Keep and Raise":               second(tok.DecodeAsync(ctx, []int32{22177}, -1).Await(ctx)),
		"bridge: policy: 3 is none of Ignore, Keep and Raise":                second(tok.IDToBytePiece(ctx, 22177, 3)),
		"bridge: policy: 9 is none of Ignore, Keep and Raise":                second(tok.NewDetokenizer(ctx, 9)),
		"bridge: Class: empty; Tokenizer.Validator has that of a tokenizer":  second(shared.Validate(ctx, bridge.Validator{}, user("a"))),
		"bridge: Class: empty; Tokenizer.Normalizer has that of a tokenizer": second(shared.NormalizeAsync(ctx, bridge.Normalizer{}, user("a")).Await(ctx)),
	} {
		require.EqualError(t, err, name)
		callersFault(t, err, bridge.ReasonInvalid)
	}
	_, err := refserver.New(tok, refserver.Options{Models: []string{"m", bad}})
	require.ErrorIs(t, err, refserver.ErrOptions)
	assert.Equal(t, 500, bridge.HTTPStatus(err), "the server's mistake")
	done, err := tok.EncodeChat(ctx, user("Hi"), bridge.EncodeOption{})
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 3, 37133, 4}, done.Tokens)
}

func TestReasonOf(t *testing.T) {
	builtin := func(names ...string) *bridge.PyError {
		e := &bridge.PyError{Module: "builtins", Type: names[0]}
		for _, name := range append(names, "Exception") {
			e.MRO = append(e.MRO, "builtins."+name)
		}
		return e
	}
	ours := func(name string) *bridge.PyError {
		return &bridge.PyError{Module: "pyshim.errors", Type: name, Fault: bridge.FaultUsage, MRO: []string{"pyshim.errors." + name, "builtins.Exception"}}
	}
	machine := builtin("OSError")
	machine.Fault = bridge.FaultMachine
	for i, c := range []struct {
		err    error
		reason bridge.Reason
		status int
		retry  bool
	}{
		{nil, bridge.ReasonNone, 200, false},
		{errors.New("of somebody else"), bridge.ReasonInternal, 500, false},
		{bridge.ErrOverloaded, bridge.ReasonOverloaded, 429, true},
		{bridge.ErrTooLarge, bridge.ReasonTooLarge, 413, false},
		{bridge.ErrClosed, bridge.ReasonClosed, 503, true},
		{&bridge.PyError{Module: "pyshim.errors", Type: "UnknownHandle"}, bridge.ReasonClosed, 503, true},
		{context.Canceled, bridge.ReasonCanceled, 499, false},
		{context.DeadlineExceeded, bridge.ReasonTimeout, 504, false},
		{&bridge.WorkerError{Kind: bridge.ErrTimeLimit}, bridge.ReasonTimeout, 504, false},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerDied}, bridge.ReasonWorkerDied, 503, true},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerGarbage}, bridge.ReasonWorkerDied, 503, true},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerMemory}, bridge.ReasonWorkerMemory, 500, false},
		{builtin("MemoryError"), bridge.ReasonWorkerMemory, 500, false},
		{bridge.ErrCrashLoop, bridge.ReasonCrashLoop, 503, true},
		{&bridge.NoWorkerError{Err: syscall.EMFILE}, bridge.ReasonNoWorker, 503, true},
		{&bridge.NoWorkerError{Err: bridge.ErrWorkerDied}, bridge.ReasonNoWorker, 503, true},
		{&bridge.FetchError{Place: "messages.0"}, bridge.ReasonFetch, 400, false},
		{bridge.ErrInternal, bridge.ReasonInternal, 500, false},
		{machine, bridge.ReasonInternal, 500, false},
		{builtin("ModuleNotFoundError", "ImportError"), bridge.ReasonInternal, 500, false},
		{builtin("KeyError", "LookupError"), bridge.ReasonRejected, 400, false},
		{ours("UnknownTokenizer"), bridge.ReasonUnknownTokenizer, 404, false},
		{ours("WrongKind"), bridge.ReasonUsage, 400, false},
		{ours("DownloadFailed"), bridge.ReasonDownload, 502, false},
		{&bridge.PyError{Module: "pyo3_runtime", Type: "PanicException", MRO: []string{"builtins.BaseException"}}, bridge.ReasonInternal, 500, false},
		{&bridge.NotFoundError{}, bridge.ReasonEnvironment, 500, false},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			assert.Equal(t, c.reason, bridge.ReasonOf(c.err), "%v", c.err)
			assert.Equal(t, c.status, bridge.HTTPStatus(c.err), "%v", c.err)
			assert.Equal(t, c.retry, bridge.Retryable(c.err), "%v", c.err)
			if c.err != nil {
				assert.Equal(t, c.reason, bridge.ReasonOf(fmt.Errorf("bridge: encode: %w", c.err)))
				assert.Equal(t, c.reason == bridge.ReasonRejected, errors.Is(c.err, bridge.ErrInvalidRequest), "%v", c.err)
			}
			if c.reason != bridge.ReasonNone {
				assert.Contains(t, bridge.Reasons(), c.reason)
			}
		})
	}
	// A fetch that the deadline ended is the deadline's.
	assert.Equal(t, 504, bridge.HTTPStatus(&bridge.FetchError{Err: context.DeadlineExceeded}))
}
