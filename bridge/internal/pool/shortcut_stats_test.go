package pool_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

type shortcutCounts struct {
	Text, Pack         bool
	Calls, Differences int
	Memo               struct{ Limit, Bytes, Entries, Hits, Misses int }
}

func readShortcuts(t *testing.T, c *pool.Client) (s shortcutCounts) {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpShortcuts, 0, -1, "{}"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(r.Body, &s), string(r.Body))
	return s
}

// What workers count for themselves adds up, with those that are gone.
func TestShortcutStats_sum(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Stop() }) // what waits behind another one may come to be run twice
	v3 := load(t, c, `{"name":"v3"}`)
	full(t, p, c)
	before := map[int]bool{}
	for _, w := range p.Stats().Workers {
		before[w.PID] = true
	}
	// Of two workers that are held, one after the other is let go, and works.
	first, held := hold(t, c)
	second, next := hold(t, c)
	for range 2 {
		first.open()
		answerOf(t, held)
		for range 50 {
			hello(t, c, v3)
		}
		first, held = second, next
		second, next = hold(t, c)
	}
	first.open()
	second.open()
	for _, w := range p.Stats().Workers {
		require.GreaterOrEqual(t, w.Jobs, int64(50), "both have worked")
	}
	s := readShortcuts(t, c)
	assert.Equal(t, 100, s.Calls)
	assert.Equal(t, s.Memo.Misses, s.Memo.Entries, "each has its own")
	assert.Positive(t, s.Memo.Bytes)
	hits := s.Memo.Hits
	assert.Positive(t, hits)
	assert.True(t, s.Text && s.Pack)

	for pid := range before {
		kill(pid)
	}
	eventually(t, func() bool {
		ws := p.Stats().Workers
		return len(ws) == 2 && !before[ws[0].PID] && !before[ws[1].PID]
	})
	eventually(t, func() bool {
		s = readShortcuts(t, c)
		return s.Memo.Bytes+s.Memo.Entries == 0
	}, "what they held has gone with them")
	assert.Equal(t, 100, s.Calls)
	assert.Equal(t, hits, s.Memo.Hits)
}

// When one worker's shortcut differs from the plain call, shortcuts are over for all, also for workers to come.
func TestShortcutStats_difference(t *testing.T) {
	p, c := start(t, nil)
	_, err := c.Do(t.Context(), frame(opFault, 0, 0, "differ"))
	require.NoError(t, err)
	eventually(t, func() bool { s := readShortcuts(t, c); return !s.Text && !s.Pack })
	s := readShortcuts(t, c)
	assert.Equal(t, 1, s.Differences)
	assert.Zero(t, s.Memo.Limit)
	v3 := load(t, c, `{"name":"v3"}`)
	for range 10 {
		hello(t, c, v3)
	}
	assert.Zero(t, readShortcuts(t, c).Calls)
	stats := p.Stats()
	assert.Equal(t, stats.Submitted, stats.Completed)
}
