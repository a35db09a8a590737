package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// tally counts outcomes as the callers saw them.
type tally struct {
	ok, failed, cancelled, closed, refused atomic.Int64
	maybeCancelled, maybeClosed            atomic.Int64
}

func (c *tally) count(t *testing.T, err error) {
	var p *PanicError
	switch {
	case err == nil:
		c.ok.Add(1)
	case errors.Is(err, errEngine), errors.As(err, &p):
		c.failed.Add(1)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		c.cancelled.Add(1)
	case errors.Is(err, job.ErrClosed):
		c.closed.Add(1)
	default:
		t.Errorf("unexpected outcome: %v", err)
	}
}

var errEngine = errors.New("engine says no")

// 64 goroutines with random cancellation: every job gets exactly one outcome, the callers' counts equal the executor's,
// and replies reach their own callers.
func TestExecutor_hammer(t *testing.T) {
	for _, closing := range []bool{false, true} {
		for name, spin := range map[string]Spin{"sleep": noSpin, "spin": {}} {
			t.Run(fmt.Sprintf("%s,closing=%t", name, closing), func(t *testing.T) { hammer(t, spin, closing) })
		}
	}
}

func hammer(t *testing.T, spin Spin, closing bool) {
	const callers, each = 64, 150
	ran := make([]atomic.Int32, callers*each)
	engineRandom := rand.New(rand.NewPCG(1, 2))
	underWay, begun := make(chan struct{}), 0
	e := open(t, func(frame []byte, reply *wire.Reply) error {
		n := number(frame)
		ran[n].Add(1)
		if begun++; begun == callers {
			close(underWay)
		}
		switch engineRandom.IntN(20) {
		case 0:
			return errEngine
		case 1:
			panic(n)
		case 2:
			time.Sleep(time.Duration(engineRandom.IntN(200)) * us)
		}
		return echo(frame, reply)
	}, Options{Queue: 16, Spin: spin})
	var c tally
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(caller)))
			for i := range each {
				n := uint64(caller*each + i)
				one(t, e, random, n, &c, &ran[n])
			}
		})
	}
	if closing {
		<-underWay
		ctx, cancel := context.WithTimeout(context.Background(), 100*us)
		var ce *job.CloseError
		if err := e.Close(ctx); err != nil {
			assert.ErrorAs(t, err, &ce)
		}
		cancel()
	}
	wg.Wait()
	require.NoError(t, e.Drain(context.Background()))
	shut(t, e)
	s := e.Stats()
	balanced(t, s)
	assert.Equal(t, c.ok.Load(), s.Completed)
	between(t, c.cancelled.Load(), s.Cancelled, c.maybeCancelled.Load())
	between(t, c.failed.Load()+c.closed.Load(), s.Failed, c.maybeClosed.Load())
	assert.Equal(t, c.refused.Load(), s.Overloaded)
	calls := int64(0)
	for n := range ran {
		times := ran[n].Load()
		assert.LessOrEqual(t, times, int32(1), "job %d ran twice", n)
		calls += int64(times)
	}
	engineOutcomes := s.Completed + c.failed.Load()
	assert.Equal(t, calls, engineOutcomes+s.Dropped, "a call has its outcome, or is dropped")
	assert.Zero(t, e.queue.used)
	assert.Empty(t, e.queue.tickets)
}

func between(t *testing.T, least, got, slack int64) {
	t.Helper()
	assert.GreaterOrEqual(t, got, least)
	assert.LessOrEqual(t, got, least+slack)
}

// one submits job n in a random manner and counts its outcome.
func one(t *testing.T, e *Executor, random *rand.Rand, n uint64, c *tally, ran *atomic.Int32) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch random.IntN(4) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(300))*us)
		defer cancel()
	case 1:
		ctx = context.Background()
	}
	policy := []SubmitOption{WaitWhenFull, RefuseWhenFull}[random.IntN(2)]
	if random.IntN(2) == 0 {
		doOne(t, e, ctx, n, policy, c)
		return
	}
	j, err := e.Submit(ctx, frame(n), policy)
	if err != nil {
		if errors.Is(err, job.ErrOverloaded) {
			c.refused.Add(1)
		}
		return // never queued
	}
	if random.IntN(3) == 0 {
		cancel()
	}
	assert.NoError(t, j.Wait(context.Background()))
	reply, err := j.Reply()
	c.count(t, err)
	if err == nil {
		assert.Equal(t, n, number(reply.Body), "somebody else's reply")
	}
	if j.state.Load()&abandoned == 0 && errors.Is(err, context.Canceled) {
		assert.Zero(t, ran.Load(), "job %d was cancelled before its start and ran", n)
	}
	again, err2 := j.Reply()
	assert.Equal(t, reply, again)
	assert.Equal(t, err, err2)
}

// doOne cannot tell from outside whether a job given up by its context or by Close had been queued: those are counted
// apart.
func doOne(t *testing.T, e *Executor, ctx context.Context, n uint64, policy SubmitOption, c *tally) {
	reply, err := e.Do(ctx, frame(n), policy)
	switch {
	case errors.Is(err, job.ErrOverloaded):
		c.refused.Add(1)
	case errors.Is(err, job.ErrClosed):
		c.maybeClosed.Add(1)
	case err != nil && err == ctx.Err():
		c.maybeCancelled.Add(1)
	default:
		c.count(t, err)
	}
	if err == nil {
		assert.Equal(t, n, number(reply.Body), "somebody else's reply")
	} else {
		assert.Equal(t, wire.Reply{}, reply)
	}
}
