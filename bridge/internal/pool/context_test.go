package pool_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func errorAs(err error, target **pool.WorkerError) bool { return errors.As(err, target) }

// A call that is given up inside a native loop returns at once, and its worker is replaced.
func TestDeadlinesBite(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	var late []time.Duration
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begun := time.Now()
		_, err := c.Do(ctx, frame(opFault, 0, 0, "native"))
		late = append(late, time.Since(begun)-50*time.Millisecond)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		hello(t, c, v3)
	}
	s := p.Stats()
	assert.EqualValues(t, 5, s.Killed)
	assert.EqualValues(t, 5, s.Cancelled)
	assert.EqualValues(t, 5, s.Dropped)
	assert.Zero(t, s.Crashes)
	slices.Sort(late)
	t.Logf("returned %v after the deadline at the median, %v at most", late[2], late[4])
}

// Who is nearly done when its caller goes is not killed for it.
func TestGrace(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Grace = 10 * time.Second })
	worker := pidOf(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := c.Do(ctx, frame(opSleep, 0, 50, ""))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, worker, pidOf(t, c))
	assert.Zero(t, p.Stats().Killed)
}

func TestACallThatEndedBeforeItsTurnNeverRuns(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	busy, err := c.Submit(t.Context(), frame(opSleep, 0, 200, ""))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.Stats().Running == 1 }, 10*time.Second, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	waiting, err := c.Submit(ctx, frame(opFault, 0, 0, "kill"))
	require.NoError(t, err)
	_, err = waiting.Reply()
	require.ErrorIs(t, err, executor.ErrPending)
	cancel()
	<-waiting.Done()
	_, err = waiting.Reply()
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, busy.Wait(t.Context()))
	_, err = busy.Reply()
	require.NoError(t, err)
	s := p.Stats()
	assert.Zero(t, s.Crashes)
	assert.Zero(t, s.Dropped)
	assert.Zero(t, s.Depth)
}

func TestFullQueue(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Queue = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := c.Submit(ctx, frame(opSleep, 0, 60_000, ""))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.Stats().Running == 1 }, 10*time.Second, time.Millisecond)
	_, err = c.Submit(ctx, frame(opSleep, 0, 0, ""))
	require.NoError(t, err)
	_, err = c.Submit(ctx, frame(opSleep, 0, 0, ""))
	require.ErrorIs(t, err, executor.ErrOverloaded)
	short, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	_, err = c.Submit(short, frame(opSleep, 0, 0, ""), executor.WaitWhenFull)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancel()
	_, err = c.Do(t.Context(), frame(opSleep, 0, 0, ""), executor.WaitWhenFull)
	require.NoError(t, err)
	s := p.Stats()
	assert.EqualValues(t, 1, s.Overloaded)
	assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
}

// One worker is kept for what is small, and small ones overtake large ones in the queue.
func TestSmallOnesDoNotWaitForLargeOnes(t *testing.T) {
	p, c := start(t, nil)
	hellos(t, c)
	large := strings.Repeat("x", 300<<10)
	var all []*pool.Job
	for range 3 {
		j, err := c.Submit(t.Context(), frame(opSleep, 0, 150, large))
		require.NoError(t, err)
		all = append(all, j)
	}
	for range 20 {
		_, err := c.Do(t.Context(), frame(opEcho, 0, 0, "small"))
		require.NoError(t, err)
		s := p.Stats()
		require.LessOrEqual(t, s.Running, int64(1), "the large ones run one after the other")
	}
	select {
	case <-all[1].Done():
		t.Error("twenty small ones took as long as two large ones")
	default:
	}
	for _, j := range all {
		require.NoError(t, j.Wait(t.Context()))
	}
}

// Under small ones without end a large one has its turn all the same.
func TestLargeOnesDoNotStarve(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	hellos(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = c.Do(t.Context(), frame(opSleep, 0, 1, ""))
			}
		})
	}
	_, err := c.Do(t.Context(), frame(opEcho, 0, 0, strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	cancel()
	wg.Wait()
}

// hellos makes the workers be there.
func hellos(t *testing.T, c *pool.Client) {
	t.Helper()
	for range 4 {
		_, err := c.Do(t.Context(), frame(opEcho, 0, 0, ""))
		require.NoError(t, err)
	}
}

// Whenever its caller goes, a load is ended or has come to be; the processes that others stand on stay.
func TestLoadsThatAreGivenUpEndNobodyElse(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	given := 0
	for i := range 30 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*3*time.Millisecond)
		r, err := c.Do(ctx, frame(wire.OpLoad, 0, -1, `{"name":"v2"}`))
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			given++
			continue
		}
		var got struct{ H uint32 }
		require.NoError(t, json.Unmarshal(r.Body, &got))
		unload(t, c, got.H)
	}
	time.Sleep(2 * pool.DefaultGrace) // what was to be killed has been
	hello(t, c, v3)
	require.Positive(t, given)
	assert.EqualValues(t, 1, p.Stats().Boots)
}

// A load that is given up is ended too, and what it would have opened is not left behind.
func TestALoadThatIsGivenUp(t *testing.T) {
	_, c := start(t, func(o *pool.Options) {
		o.Workers = 1
		o.Opened = func(f []byte, _ *wire.Reply) bool { return !strings.Contains(string(f), "v7") }
	})
	v3 := load(t, c, `{"name":"v3"}`)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := c.Do(ctx, frame(wire.OpLoad, 0, -1, `{"file":"/fault-hang"}`))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	hello(t, c, v3)
	load(t, c, `{"name":"v7"}`) // nobody wants it any more
	require.Eventually(t, func() bool { return held(t, c) == [2]int{1, 1} }, 10*time.Second, 10*time.Millisecond)
}
