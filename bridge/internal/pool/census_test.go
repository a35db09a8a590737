package pool_test

import (
	"encoding/json"
	"testing"
	"time"

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

func census(t *testing.T, c *pool.Client) (s shortcutCounts) {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpShortcuts, 0, -1, "{}"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(r.Body, &s), string(r.Body))
	return s
}

// What workers count for themselves adds up, with those that are gone.
func TestCountsAddUp(t *testing.T) {
	p, c := start(t, nil)
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	require.Eventually(t, func() bool { return len(p.Stats().Workers) == 2 }, 10*time.Second, time.Millisecond)
	before := map[int]bool{}
	for _, w := range p.Stats().Workers {
		before[w.PID] = true
	}
	// One for each worker at a time: what waits behind another one may come to be run twice.
	for range 33 {
		var jobs []*pool.Job
		for range 3 {
			if len(jobs) == 2 {
				answerOf(t, jobs[0])
				answerOf(t, jobs[1])
			}
			j, err := c.Submit(t.Context(), frame(wire.OpEncodeChat, v3, -1, helloRequest))
			require.NoError(t, err)
			jobs = append(jobs, j)
		}
		answerOf(t, jobs[2])
	}
	both := true
	for _, w := range p.Stats().Workers {
		both = both && w.Jobs > 1
	}
	require.True(t, both, "both have worked")
	s := census(t, c)
	assert.Equal(t, 100, s.Calls)
	assert.Equal(t, s.Memo.Misses, s.Memo.Entries, "each has its own")
	assert.Positive(t, s.Memo.Bytes)
	hits := s.Memo.Hits
	assert.Positive(t, hits)
	assert.True(t, s.Text && s.Pack)

	for pid := range before {
		kill(pid)
	}
	require.Eventually(t, func() bool {
		ws := p.Stats().Workers
		return len(ws) == 2 && !before[ws[0].PID] && !before[ws[1].PID]
	}, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool {
		s = census(t, c)
		return s.Memo.Bytes+s.Memo.Entries == 0
	}, 10*time.Second, time.Millisecond, "what they held has gone with them")
	assert.Equal(t, 100, s.Calls)
	assert.Equal(t, hits, s.Memo.Hits)
}

// When one worker's shortcut differs from the plain call, shortcuts are over for all, also for workers to come.
func TestADifferenceEndsAllShortcuts(t *testing.T) {
	p, c := start(t, nil)
	_, err := c.Do(t.Context(), frame(opFault, 0, 0, "differ"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { s := census(t, c); return !s.Text && !s.Pack }, 10*time.Second, time.Millisecond)
	s := census(t, c)
	assert.Equal(t, 1, s.Differences)
	assert.Zero(t, s.Memo.Limit)
	v3 := load(t, c, `{"name":"v3"}`)
	for range 10 {
		hello(t, c, v3)
	}
	assert.Zero(t, census(t, c).Calls)
	stats := p.Stats()
	assert.Equal(t, stats.Submitted, stats.Completed)
}
