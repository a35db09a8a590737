package pool_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Chaos: workers are killed from outside while many callers have calls of every kind under way. Every call gets exactly
// one answer, its own, or a typed error; afterwards everything works, and nothing is left over. MTOK_CHAOS is the
// number of calls; for each hundred of them one worker is killed.
func TestChaos(t *testing.T) {
	calls, callers := 600, 32
	if n, err := strconv.Atoi(os.Getenv("MTOK_CHAOS")); err == nil {
		calls = n
	}
	p, c := start(t, func(o *pool.Options) { o.WaitWhenFull = true; o.Queue = 64 })
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)

	var left, answered, lost, given, killed atomic.Int64
	left.Store(int64(calls))
	var wg sync.WaitGroup
	for g := range callers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 7))
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				if n%100 == 50 {
					killOne(t, p, r)
					killed.Add(1)
				}
				switch err := chaosCall(t.Context(), c, v3, n, r); {
				case err == nil:
					answered.Add(1)
				case errors.Is(err, pool.ErrWorkerDied):
					lost.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					given.Add(1)
				default:
					assert.NoError(t, err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, calls, answered.Load()+lost.Load()+given.Load())
	assert.LessOrEqual(t, lost.Load(), killed.Load())
	assert.EqualValues(t, calls/100, killed.Load())
	s := p.Stats()
	assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
	for range 3 {
		hello(t, c, v3)
	}
	require.NoError(t, p.Ready())
	eventually(t, p.Full)
	t.Logf("%d calls: %d answered, %d lost to %d kills, %d given up by their callers", calls, answered.Load(), lost.Load(), killed.Load(), given.Load())
}

// killOne kills a worker from outside, busy or not.
func killOne(t *testing.T, p *pool.Pool, r *rand.Rand) {
	t.Helper()
	for {
		if ws := p.Stats().Workers; len(ws) > 0 {
			kill(ws[r.IntN(len(ws))].PID)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// chaosCall makes one call and compares its answer.
func chaosCall(ctx context.Context, c *pool.Client, v3 uint32, n int64, r *rand.Rand) error {
	if r.IntN(20) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(4000))*time.Microsecond)
		defer cancel()
	}
	want := fmt.Sprint("call ", n)
	switch r.IntN(10) {
	case 0:
		want += strings.Repeat(" large", 50_000) // through a socket that is full
	case 1, 2, 3:
		reply, err := c.Do(ctx, frame(wire.OpEncodeChat, v3, -1, helloRequest))
		if err == nil && fmt.Sprint(reply.Ints) != "[1 3 23325 4]" {
			return fmt.Errorf("wrong tokens: %v", reply.Ints)
		}
		return err
	case 4:
		_, err := c.Do(ctx, frame(opSleep, 0, 5, ""))
		return err
	}
	reply, err := c.Do(ctx, frame(opEcho, 0, 0, want))
	if err == nil && string(reply.Body) != want {
		return fmt.Errorf("the answer to another call: %.40s, not %.40s", reply.Body, want)
	}
	return err
}
