package verify

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// fake is a Target that does what a test wants to see noticed.
type fake struct {
	want, sync, later []int32
	reference         time.Duration
	work              func() // what a call of ours does
	err               error
}

func (f fake) Sync(context.Context, *mistral.ChatCompletionRequest) ([]int32, error) {
	f.work()
	return f.sync, f.err
}

func (f fake) Async(context.Context, *mistral.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	if f.err != nil {
		return async.Failed[*bridge.Tokenized](f.err)
	}
	f.work()
	return async.Ready(&bridge.Tokenized{Tokens: f.later})
}

func (f fake) Reference(_ context.Context, _ *mistral.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	return f.want, slices.Repeat([]time.Duration{f.reference}, n), f.err
}

var good = fake{want: []int32{1, 2, 3}, sync: []int32{1, 2, 3}, later: []int32{1, 2, 3}, reference: time.Second, work: func() {}}

// ticking is a machine with a clock that advances when it is read.
type ticking struct{ *modelMachine }

func (m ticking) now() time.Duration {
	m.pass(time.Millisecond)
	return m.clock
}

func TestCheckExactness(t *testing.T) {
	assert.True(t, checkExactness(t.Context(), good, 1).Pass)

	other := good
	other.sync = []int32{1, 9, 3}
	x := checkExactness(t.Context(), other, 1)
	assert.False(t, x.Pass)
	assert.Equal(t, "sync differs at token 1: 9, the reference has 2", x.Differ)

	other = good
	other.later = []int32{1, 2}
	x = checkExactness(t.Context(), other, 1)
	assert.False(t, x.Pass)
	assert.Equal(t, "async has 2 tokens, the reference 3", x.Differ)

	other = good
	other.want, other.sync, other.later = nil, nil, nil
	assert.False(t, checkExactness(t.Context(), other, 1).Pass, "no tokens are no match")
}

func TestRun_error(t *testing.T) {
	broken := good
	broken.err = errors.New("no")
	var out bytes.Buffer
	r, err := Run(t.Context(), bridge.Info{}, []Named{{Name: "broken", Target: broken}}, Config{Told: &Printer{&out}, machine: ticking{newModel(weather{}, 1)}})
	require.NoError(t, err)
	assert.False(t, r.Pass)
	assert.Contains(t, out.String(), "✗ SOME TESTS FAILED - not exact, stalls, 5 % or more slower than Python calling itself\n")
	assert.Equal(t, "no", r.Tokenizers[0].Responsiveness.Error)
	assert.Equal(t, "no", r.Tokenizers[0].Exactness[0].Error)
	assert.Equal(t, "no", r.Tokenizers[0].Overhead[0].Error)
}

func TestRun_output(t *testing.T) {
	var out bytes.Buffer
	r, err := Run(t.Context(), bridge.Info{}, []Named{{Name: "v3", Target: good}}, Config{Sizes: []int{1, 2}, Told: &Printer{&out}, machine: ticking{newModel(weather{}, 1)}})
	require.NoError(t, err)
	require.True(t, r.Pass)
	assert.Len(t, r.Tokenizers[0].Exactness, 2)
	assert.Len(t, r.Tokenizers[0].Overhead, 2)
	assert.Equal(t, 2, r.Tokenizers[0].Responsiveness.KB, "the largest size")
	for _, line := range []string{
		rule + "\nMistral Tokenizer Async Fix Validation\n" + rule + "\n",
		"Testing event loop responsiveness...\n✓ PASS: Event loop never blocked",
		"Testing tokenization correctness...\n✓ PASS: 3 tokens match exactly",
		"Testing performance overhead...\n",
		"✓ PASS - Overhead: -",
		rule + "\n✓ ALL TESTS PASSED - exact, never stalls, less than 5 % slower than Python calling itself\n" + rule + "\n",
	} {
		assert.Contains(t, out.String(), line)
	}
}

func TestPayload(t *testing.T) {
	text, ok := Payload(1).Messages[0].(mistral.UserMessage).Content.Text()
	require.True(t, ok)
	assert.Len(t, text, 1020)
	assert.Equal(t, strings.Repeat("word ", 204), text)
}

func TestRun_endedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, bridge.Info{}, []Named{{Name: "v3", Target: good}}, Config{Sizes: []int{1}})
	require.ErrorIs(t, err, context.Canceled)
}

// Under an emulator the clock means nothing: the tokens are compared, and nothing else is reported.
func TestRun_noClock(t *testing.T) {
	for name, c := range map[string]struct {
		target  fake
		verdict string
	}{
		"exact":     {good, "✓ ALL TESTS PASSED - exact (the clock was not asked)"},
		"not exact": {fake{want: good.want, sync: good.sync, later: []int32{1, 2, 4}, work: func() {}}, "✗ SOME TESTS FAILED - not exact (the clock was not asked)"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r, err := Run(t.Context(), bridge.Info{}, []Named{{Name: "v3", Target: c.target}}, Config{Sizes: []int{1}, NoClock: true, Told: &Printer{&out}})
			require.NoError(t, err)
			assert.Equal(t, name == "exact", r.Pass)
			require.Len(t, r.Tokenizers, 1)
			assert.Len(t, r.Tokenizers[0].Exactness, 1)
			assert.Empty(t, r.Tokenizers[0].Overhead)
			assert.False(t, r.Tokenizers[0].Responsiveness.Judged)
			assert.False(t, r.Tokenizers[0].Responsiveness.Pass)
			assert.Contains(t, out.String(), c.verdict+"\n")
			assert.NotContains(t, out.String(), "busy")
			assert.NotContains(t, out.String(), "stall")
			assert.NotContains(t, out.String(), "Overhead")
		})
	}
}
