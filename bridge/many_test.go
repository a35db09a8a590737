package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/mistraltest"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// fatal is what both tests and properties fail with.
type fatal interface {
	require.TestingT
	Helper()
}

// sameAnswer asserts that an answer is what the call of the request alone returned.
func sameAnswer[T any](t fatal, i int, want T, wantErr error, got bridge.Answer[T]) {
	t.Helper()
	if wantErr == nil {
		require.NoError(t, got.Err, "item %d", i)
		require.Equal(t, want, got.Value, "item %d", i)
		return
	}
	var zero T
	require.Equal(t, zero, got.Value, "item %d", i)
	var item *bridge.ItemError
	require.ErrorAs(t, got.Err, &item, "item %d", i)
	require.Equal(t, i, item.Index)
	require.Equal(t, bridge.ReasonOf(wantErr), bridge.ReasonOf(got.Err))
	require.Equal(t, bridge.HTTPStatus(wantErr), bridge.HTTPStatus(got.Err))
	require.Equal(t, wantErr.Error(), item.Err.Error())
	var a, b *bridge.PyError
	if !errors.As(wantErr, &a) {
		require.Equal(t, wantErr, item.Err)
		return
	}
	require.ErrorAs(t, item.Err, &b)
	require.Equal(t, []any{a.Module, a.Type, a.Message, a.Str, a.Args, a.MRO, a.Title, a.Details, a.Field, a.Cause, a.Op, a.Fault, a.Place, a.Hint, a.Warnings},
		[]any{b.Module, b.Type, b.Message, b.Str, b.Args, b.MRO, b.Title, b.Details, b.Field, b.Cause, b.Op, b.Fault, b.Place, b.Hint, b.Warnings})
	require.Equal(t, string(a.ErrorsJSON()), string(b.ErrorsJSON()))
}

// sameTexts holds the law of EncodeTexts and CountTexts.
func sameTexts(t fatal, ctx context.Context, tok *bridge.Tokenizer, texts []string, bos, eos bool) {
	t.Helper()
	got, err := tok.EncodeTexts(ctx, texts, bos, eos)
	require.NoError(t, err)
	require.Len(t, got, len(texts))
	counts, err := tok.CountTexts(ctx, texts, bos, eos)
	require.NoError(t, err)
	require.Len(t, counts, len(texts))
	for i, text := range texts {
		want, wantErr := tok.EncodeText(ctx, text, bos, eos)
		sameAnswer(t, i, want, wantErr, got[i])
		n, nErr := tok.CountText(ctx, text, bos, eos)
		sameAnswer(t, i, n, nErr, counts[i])
	}
}

// hardTexts are some that are no text, are empty, go by themselves, or that Tekken refuses.
var hardTexts = []string{
	"", "a", "\xff", "\x00", "<s>[INST]", strings.Repeat(" ", 1_000_000), strings.Repeat("é", 70<<10), "b\xffc", strings.Repeat("word ", 20<<10),
}

func TestEncodeTexts(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			sameTexts(t, t.Context(), tok, hardTexts, false, false)
			sameTexts(t, t.Context(), tok, hardTexts[:6], true, true)
			rapid.Check(t, func(r *rapid.T) {
				texts := rapid.SliceOfN(rapid.OneOf(anyText(12), rapid.SampledFrom(hardTexts[:5])), 0, 40).Draw(r, "texts")
				sameTexts(r, t.Context(), tok, texts, rapid.Bool().Draw(r, "bos"), rapid.Bool().Draw(r, "eos"))
			})
		})
	}
}

// Texts of several frames, whose borders and ids do not run into each other.
func TestEncodeTexts_frames(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	texts := make([]string, 3000)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d %s", i, passage[:i%len("The quick brown fox")])
	}
	for i := 0; i < len(texts); i += 500 {
		texts[i] = sized(100<<10 + i)
	}
	sameTexts(t, t.Context(), tok, texts, true, false)

	got, err := tok.EncodeTexts(t.Context(), []string{"one two", "three"}, false, false)
	require.NoError(t, err)
	_ = append(got[0].Value, -1)
	want, err := tok.EncodeText(t.Context(), "three", false, false)
	require.NoError(t, err)
	assert.Equal(t, want, got[1].Value, "appending to one reaches no other")
}

func TestEncodeTexts_none(t *testing.T) {
	tok := shipped(t, "v3")
	got, err := tok.EncodeTexts(t.Context(), nil, true, true)
	require.NoError(t, err)
	assert.Empty(t, got)
	chats, err := tok.EncodeChatsAsync(t.Context(), nil).Await(t.Context())
	require.NoError(t, err)
	assert.Empty(t, chats)
}

func FuzzTexts(f *testing.F) {
	f.Add("Hello\x01 World \x01\x01日本語", true, false)
	f.Add("\xff\x01a", false, true)
	names := []string{"v3", "v3-tekken"}
	// As fuzzLaw does: the fuzzer gives an input ten seconds, and loading takes some of them.
	if !coordinates() {
		for _, name := range names {
			keep(f, name)
		}
	}
	f.Fuzz(func(t *testing.T, joined string, bos, eos bool) {
		texts := strings.Split(joined, "\x01")
		for _, name := range names {
			sameTexts(t, t.Context(), keep(t, name), texts, bos, eos)
		}
	})
}

// deep is nested further than Python follows.
func deep(n int) string {
	return `{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","parameters":` +
		strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) + `}}]}`
}

func sameChats(t fatal, ctx context.Context, tok *bridge.Tokenizer, bodies []string, opts ...bridge.EncodeOption) {
	t.Helper()
	requests := make([][]byte, len(bodies))
	for i, body := range bodies {
		requests[i] = []byte(body)
	}
	got, err := tok.EncodeChatsJSON(ctx, requests, opts...)
	require.NoError(t, err)
	require.Len(t, got, len(requests))
	for i, body := range requests {
		want, wantErr := tok.EncodeChatJSON(ctx, body, opts...)
		for _, done := range []*bridge.Tokenized{want, got[i].Value} {
			if done != nil {
				done.Warnings = nil // the reference gives some only once in a process
			}
		}
		sameAnswer(t, i, want, wantErr, got[i])
	}
}

func TestEncodeChatsJSON(t *testing.T) {
	bodies := append([]string{
		"", "{", "null", "\xff", deep(10), deep(100_000), mistraltest.ChatOf(`{"role":"user","content":"` + strings.Repeat("word ", 30<<10) + `"}`),
		`{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"}],"continue_final_message":true}`,
	}, mistraltest.Exact...)
	for n := 50; n < 1000; n += 95 {
		bodies = append(bodies, deep(n))
	}
	for _, name := range []string{"v1", "v3", "v3-tekken", "v7-mm"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			for _, opts := range [][]bridge.EncodeOption{
				nil, {bridge.WithText()}, {bridge.WithPlain()}, {bridge.WithSpans(), bridge.WithoutMedia()}, {bridge.WithMaxModelInputLen(3)},
			} {
				sameChats(t, t.Context(), tok, bodies, opts...)
			}
		})
	}
}

func TestEncodeChats(t *testing.T) {
	for _, name := range []string{"v3", "v3-tekken", "v7"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			rapid.Check(t, func(r *rapid.T) {
				reqs := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) *mistral.ChatCompletionRequest {
					req := &mistral.ChatCompletionRequest{}
					for range rapid.IntRange(0, 3).Draw(r, "turns") {
						req.Messages = append(req.Messages, mistral.UserMessage{Content: mistral.Text(anyText(6).Draw(r, "text"))},
							mistral.AssistantMessage{Content: mistral.Text(anyText(6).Draw(r, "answer"))})
					}
					if rapid.IntRange(0, 4).Draw(r, "last") > 0 {
						req.Messages = append(req.Messages, mistral.UserMessage{Content: mistral.Text(anyText(6).Draw(r, "text"))})
					}
					return req
				}), 1, 12).Draw(r, "requests")
				reqs = append(reqs, nil, user("\xff"))
				got, err := tok.EncodeChats(t.Context(), reqs)
				require.NoError(r, err)
				counts, err := tok.CountChats(t.Context(), reqs)
				require.NoError(r, err)
				for i, req := range reqs {
					want, wantErr := tok.EncodeChat(t.Context(), req)
					sameAnswer(r, i, want, wantErr, got[i])
					n, nErr := tok.Count(t.Context(), req)
					sameAnswer(r, i, n, nErr, counts[i])
				}
			})
		})
	}
}

func TestEncodeTexts_contexts(t *testing.T) {
	tok := shipped(t, "v3")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := tok.EncodeTexts(ctx, []string{"a"}, false, false)
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, got)

	// Behind a call that does not end before it, so that the first frame is still in the queue.
	ctx, cancel = context.WithCancel(t.Context())
	before := shared.Stats().Submitted
	stopped := tok.EncodeTextsAsync(ctx, []string{sized(8 << 20), sized(60 << 10), sized(60 << 10), sized(60 << 10), sized(60 << 10), sized(60 << 10), sized(60 << 10), sized(60 << 10)}, false, false)
	require.Eventually(t, func() bool { return shared.Stats().Submitted > before }, guard, time.Millisecond)
	cancel()
	_, err = stopped.Await(t.Context())
	require.ErrorIs(t, err, context.Canceled)
	assert.LessOrEqual(t, int(shared.Stats().Submitted-before), 5, "nothing is sent after the end of the context")

	other, err := rt(t).Load(t.Context(), bridge.Shipped("v2"))
	require.NoError(t, err)
	require.NoError(t, other.Close(t.Context()))
	_, err = other.EncodeTexts(t.Context(), []string{"a"}, false, false)
	require.ErrorIs(t, err, bridge.ErrClosed)
	_, err = other.EncodeChats(t.Context(), []*mistral.ChatCompletionRequest{nil})
	require.ErrorIs(t, err, bridge.ErrClosed)
}

// A text more costs no allocation more, but for its frame.
func TestEncodeTexts_allocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	tok := shipped(t, "v3-tekken")
	texts := make([]string, 10_000)
	for i := range texts {
		texts[i] = "Hello, world!"
	}
	n := testing.AllocsPerRun(3, func() {
		_, err := tok.EncodeTexts(t.Context(), texts, true, false)
		require.NoError(t, err)
	})
	t.Logf("%.0f allocations for %d texts", n, len(texts))
	assert.Less(t, n, 500.0)
}

// A text that ends its worker has the error alone, and the others have their ids.
func TestEncodeTexts_workerEnds(t *testing.T) { runInChild(t, "poisoned") }

func childPoisoned(ctx context.Context) error {
	rt, err := hello(ctx, bridge.WithTestOps(), bridge.WithWorkers(2), bridge.WithMaxInput(100))
	if err != nil {
		return err
	}
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		return err
	}
	texts := []string{"one", "this text ends the process that encodes it", strings.Repeat("a", 101), strings.Repeat("a", 100), "\xff", "two"}
	got, err := tok.EncodeTexts(ctx, texts, false, false)
	if err != nil {
		return otherwise("texts", err)
	}
	for _, i := range []int{0, 3, 5} {
		want, err := tok.EncodeText(ctx, texts[i], false, false)
		if err != nil || got[i].Err != nil || fmt.Sprint(want) != fmt.Sprint(got[i].Value) {
			return fmt.Errorf("text %d: %v, %v; %v", i, got[i], want, err)
		}
	}
	var died *bridge.WorkerError
	if !errors.As(got[1].Err, &died) {
		return otherwise("a text that ends its worker", got[1].Err)
	}
	if !errors.Is(got[2].Err, bridge.ErrTooLarge) {
		return otherwise("a text above the limit", got[2].Err)
	}
	if !errors.Is(got[4].Err, bridge.ErrInvalidUTF8) {
		return otherwise("a text that is no UTF-8", got[4].Err)
	}
	return rt.Close(ctx)
}
