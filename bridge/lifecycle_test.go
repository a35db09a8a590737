package bridge_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

func TestTokenizer_Close(t *testing.T) {
	rt := rt(t)
	tok, err := rt.Load(t.Context(), bridge.Shipped("v1"))
	require.NoError(t, err)
	other := load(t, rt, bridge.Shipped("v1"))
	require.NoError(t, tok.Close(t.Context()))
	require.NoError(t, tok.Close(t.Context()))
	ctx := t.Context()
	before := shared.Stats().Submitted
	for name, call := range map[string]func() error{
		"chat":        func() error { _, err := tok.EncodeChat(ctx, user("a")); return err },
		"chat async":  func() error { _, err := tok.EncodeChatAsync(ctx, user("a")).Await(ctx); return err },
		"chat json":   func() error { _, err := tok.EncodeChatJSON(ctx, []byte(`{}`)); return err },
		"count":       func() error { _, err := tok.Count(ctx, user("a")); return err },
		"text":        func() error { _, err := tok.EncodeText(ctx, "a", false, false); return err },
		"count text":  func() error { _, err := tok.CountText(ctx, "a", false, false); return err },
		"decode":      func() error { _, err := tok.Decode(ctx, nil, bridge.Ignore); return err },
		"decode json": func() error { _, err := tok.DecodeJSON(ctx, []byte(`{}`)); return err },
		"raw":         func() error { _, err := raw.Of(tok).Call(ctx, "vocab", nil, nil); return err },
		"reference":   func() error { _, err := raw.Of(tok).ReferenceChat(ctx, []byte(`{}`), 1); return err },
	} {
		assert.ErrorIs(t, call(), bridge.ErrClosed, name)
	}
	assert.Equal(t, before, shared.Stats().Submitted)
	_, err = other.EncodeChat(ctx, user("a"))
	require.NoError(t, err, "the other handle on the object lives")
}

func TestTokenizer_Close_races(t *testing.T) {
	rt := rt(t)
	for range 20 {
		tok, err := rt.Load(t.Context(), bridge.Shipped("v1"))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					if _, err := tok.EncodeText(t.Context(), "a", false, false); err != nil {
						assert.ErrorIs(t, err, bridge.ErrClosed)
						return
					}
				}
			})
		}
		require.NoError(t, tok.Close(t.Context()))
		wg.Wait()
	}
}

func TestRuntime_Close_handles(t *testing.T) {
	shipped(t, "v3") // the last call needs it, and the session keeps it
	base := held(t)
	view, err := bridge.Open(t.Context(), options()...)
	require.NoError(t, err)
	tok, err := view.Load(t.Context(), bridge.Shipped("v2"))
	require.NoError(t, err)
	_, err = view.Load(t.Context(), bridge.Shipped("v2"), bridge.WithMode(bridge.Agnostic))
	require.NoError(t, err)
	untaken := view.LoadAsync(t.Context(), bridge.Shipped("v7"))
	assert.NotEqual(t, base, held(t))

	require.NoError(t, view.Close(t.Context()))
	require.NoError(t, view.Close(t.Context()))
	require.Equal(t, base, held(t), "with the one that nobody took out of its future")
	_, err = untaken.Result()
	require.NoError(t, err)
	_, err = tok.EncodeChat(t.Context(), user("a"))
	require.ErrorIs(t, err, bridge.ErrClosed)
	_, err = view.Load(t.Context(), bridge.Shipped("v2"))
	require.ErrorIs(t, err, bridge.ErrClosed)
	_, err = view.LoadAsync(t.Context(), bridge.Shipped("v2")).Await(t.Context())
	require.ErrorIs(t, err, bridge.ErrClosed)
	require.NoError(t, tok.Close(t.Context()))
	assert.Equal(t, shared.Info(), view.Info())
	nextCallWorks(t)
}

func TestTokenizer_Close_cancelled(t *testing.T) {
	shipped(t, "v3") // the last call needs it, and the session keeps it
	base := held(t)
	view, err := bridge.Open(t.Context(), options()...)
	require.NoError(t, err)
	tok, err := view.Load(t.Context(), bridge.Shipped("v2"))
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tok.Close(ended), context.Canceled)
	require.NoError(t, view.Close(t.Context()))
	require.Equal(t, base, held(t))
}

func TestContext(t *testing.T) {
	rt := rt(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	before := shared.Stats()
	_, err := shipped(t, "v3").EncodeChat(ended, user("a"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = shipped(t, "v3").EncodeChatAsync(ended, user("a")).Await(t.Context())
	require.ErrorIs(t, err, context.Canceled)
	view, err := bridge.Open(ended, options()...)
	require.NoError(t, err, "attaching does not wait")
	require.NoError(t, view.Close(t.Context()))

	// While it runs: the caller goes, Python goes on.
	g := newGate(t)
	running, cancel := context.WithCancel(t.Context())
	future := rt.SendAsync(running, bridge.OpGate, 0, g.path)
	require.NoError(t, g.begun())
	cancel()
	_, err = future.Await(t.Context()) // before Python is there: the gate is closed
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, g.open())

	// Before its turn: it never runs.
	gates := make([]*gate, max(1, testWorkers()))
	for i := range gates {
		gates[i] = newGate(t)
		rt.SendAsync(t.Context(), bridge.OpGate, 0, gates[i].path)
		require.NoError(t, gates[i].begun())
	}
	queued, cancel := context.WithCancel(t.Context())
	future = rt.SendAsync(queued, bridge.OpThread, 0, "never")
	cancel()
	_, err = future.Await(t.Context())
	require.ErrorIs(t, err, context.Canceled)
	for _, g := range gates {
		require.NoError(t, g.open())
	}
	ran, err := rt.Send(t.Context(), bridge.OpSleep, 0, "")
	require.NoError(t, err)
	assert.Equal(t, "slept", ran)
	after := shared.Stats()
	assert.Equal(t, before.Dropped+1, after.Dropped)
	assert.Equal(t, before.Cancelled+2, after.Cancelled)
}

// An Await that is given up leaves the future to the next.
func TestFuture_Await_twice(t *testing.T) {
	rt, g := rt(t), newGate(t)
	future := rt.SendAsync(t.Context(), bridge.OpGate, 1, g.path)
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := future.Await(short)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, g.open())
	body, err := future.Await(t.Context())
	require.NoError(t, err)
	require.Equal(t, "passed", body)
}

// What a context that has ended leaves to be done, to close above all, does not go by chance.
func TestProcessLock_free(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		require.NoError(t, bridge.LockFree(ended))
	}
}

func TestRuntime_Info_copy(t *testing.T) {
	info := shared.Info()
	require.NotEmpty(t, info.Packages["mistral-common"])
	assert.NotEmpty(t, info.Library)
	assert.True(t, strings.HasPrefix(info.Python, "3."))
	clear(info.Packages)
	assert.NotEmpty(t, shared.Info().Packages)
}

func TestOpen_incompatible(t *testing.T) {
	for i, option := range []bridge.Option{bridge.WithQueue(7), bridge.WithWaitWhenFull(), bridge.WithSpin(-1, -1)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := bridge.Open(t.Context(), append(options(), option)...)
			var ce *bridge.ConfigError
			require.ErrorAs(t, err, &ce)
			assert.NotEqual(t, ce.Have, ce.Want)
			assert.Contains(t, err.Error(), ce.Have)
			assert.Contains(t, err.Error(), ce.Want)
		})
	}
	view, err := bridge.Open(t.Context(), append(options(), bridge.WithQueue(1024), bridge.WithPython(shared.Info().Executable))...)
	require.NoError(t, err, "what it has already")
	require.NoError(t, view.Close(t.Context()))
	for i, option := range []bridge.Option{bridge.WithQueue(0), bridge.WithPython(""), bridge.WithLogger(nil), bridge.WithProgress(nil)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := bridge.Open(t.Context(), option)
			require.ErrorContains(t, err, "bridge: With")
		})
	}
}
