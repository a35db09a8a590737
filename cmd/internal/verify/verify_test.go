package verify

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// fake is a Subject that does what a test wants to see noticed.
type fake struct {
	want, sync, later []int32
	reference         time.Duration
	work              func() // what a call of ours does
	err               error
}

func (f fake) Sync(context.Context, *bridge.ChatCompletionRequest) ([]int32, error) {
	f.work()
	return f.sync, f.err
}

func (f fake) Async(context.Context, *bridge.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	if f.err != nil {
		return async.Failed[*bridge.Tokenized](f.err)
	}
	f.work()
	return async.Ready(&bridge.Tokenized{Tokens: f.later})
}

func (f fake) Reference(_ context.Context, _ *bridge.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	return f.want, slices.Repeat([]time.Duration{f.reference}, n), f.err
}

var good = fake{want: []int32{1, 2, 3}, sync: []int32{1, 2, 3}, later: []int32{1, 2, 3}, reference: time.Second, work: func() {}}

func TestAStallIsSeen(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	stalling := good
	stalling.work = func() { // holds the only processor until it is preempted
		for until := time.Now().Add(60 * time.Millisecond); time.Now().Before(until); {
		}
	}
	r := checkResponsiveness(t.Context(), stalling, 1, 4*time.Millisecond)
	assert.False(t, r.Pass, "longest gap %.1f ms", r.GapMaxMS)
	assert.Contains(t, r.Error, "blocked")
	assert.Greater(t, r.Wakeups, 20)
}

func TestAQuietCallPasses(t *testing.T) {
	r := checkResponsiveness(t.Context(), good, 1, time.Minute)
	assert.True(t, r.Pass)
	assert.Empty(t, r.Error)
	assert.Positive(t, r.GapMaxMS)
}

func TestADifferenceIsSeen(t *testing.T) {
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

func TestOverheadIsSeen(t *testing.T) {
	slow := good
	slow.reference = time.Microsecond
	slow.work = func() { time.Sleep(100 * time.Microsecond) }
	o := checkOverhead(t.Context(), slow, 1)
	assert.False(t, o.Pass)
	assert.Greater(t, o.Async, overheadLimit)
	assert.GreaterOrEqual(t, o.Runs, minRuns)

	o = checkOverhead(t.Context(), good, 1)
	assert.True(t, o.Pass)
	assert.Less(t, o.Sync, 0.0)
}

func TestAnErrorFailsEveryCheck(t *testing.T) {
	broken := good
	broken.err = errors.New("no")
	var out bytes.Buffer
	r, err := Run(t.Context(), bridge.Info{}, []Named{{Name: "broken", Subject: broken}}, Config{Told: &Printer{&out}})
	require.NoError(t, err)
	assert.False(t, r.Pass)
	assert.Contains(t, out.String(), "✗ SOME TESTS FAILED - Fix incomplete")
	assert.Equal(t, "no", r.Tokenizers[0].Responsiveness.Error)
	assert.Equal(t, "no", r.Tokenizers[0].Exactness[0].Error)
	assert.Equal(t, "no", r.Tokenizers[0].Overhead[0].Error)
}

func TestTheOutputHasTheOriginalsShape(t *testing.T) {
	var out bytes.Buffer
	r, err := Run(t.Context(), bridge.Info{}, []Named{{Name: "v3", Subject: good}}, Config{Sizes: []int{1, 2}, Told: &Printer{&out}})
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
		rule + "\n✓ ALL TESTS PASSED - Fix verified\n" + rule + "\n",
	} {
		assert.Contains(t, out.String(), line)
	}
}

func TestPayloadIsTheOriginals(t *testing.T) {
	text, ok := Payload(1).Messages[0].(bridge.UserMessage).Content.Text()
	require.True(t, ok)
	assert.Len(t, text, 1020)
	assert.Equal(t, strings.Repeat("word ", 204), text)
}

func TestNothingRunsAfterItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, bridge.Info{}, []Named{{Name: "v3", Subject: good}}, Config{Sizes: []int{1}})
	require.ErrorIs(t, err, context.Canceled)
}
