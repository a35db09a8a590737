package pool_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// unnoticed is a context that has ended without closing Done yet: what happens next happens first.
type unnoticed struct {
	*deadline
	never chan struct{}
}

func newUnnoticed(t testing.TB) unnoticed { return unnoticed{newDeadline(t), make(chan struct{})} }

func (u unnoticed) Done() <-chan struct{} { return u.never }

// When the context of a call has ended, that is what the call answers, whatever happens to its worker then.
func TestOutcome_context(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(*pool.Pool, *pool.Client, *pool.Clock, job.Pending){
		"the worker dies": func(p *pool.Pool, _ *pool.Client, _ *pool.Clock, _ job.Pending) { kill(p.Stats().Workers[0].PID) },
		"it takes too long": func(_ *pool.Pool, _ *pool.Client, clock *pool.Clock, j job.Pending) {
			until(j, clock, pool.DefaultTimeLimit)
		},
		"its client is closed":      func(_ *pool.Pool, c *pool.Client, _ *pool.Clock, _ job.Pending) { _ = c.Close(over) },
		"the pool is closed":        func(p *pool.Pool, _ *pool.Client, _ *pool.Clock, _ job.Pending) { _ = p.Close(over) },
		"nothing, it is given back": nil,
	} {
		t.Run(name, func(t *testing.T) {
			for _, ended := range []bool{true, false} {
				t.Run(strconv.FormatBool(ended), func(t *testing.T) {
					var clock *pool.Clock
					p, c := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
					full(t, p, c)
					ctx, g := newUnnoticed(t), newGate(t)
					j, err := c.Submit(ctx, g.frame(0))
					require.NoError(t, err)
					g.begun()
					if ended {
						ctx.pass()
					}
					if end == nil {
						g.open()
					} else {
						end(p, c, clock, j)
					}
					<-j.Done()
					_, err = j.Reply()
					s := p.Stats()
					assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
					switch {
					case end == nil:
						require.NoError(t, err, "an answer that is there is given")
					case ended:
						require.ErrorIs(t, err, context.DeadlineExceeded)
						assert.EqualValues(t, 1, s.Cancelled)
					default:
						require.Error(t, err)
						require.NotErrorIs(t, err, context.DeadlineExceeded)
						assert.EqualValues(t, 1, s.Failed)
					}
				})
			}
		})
	}
}

// It is that of what goes through the first process, too.
func TestOutcome_contextOfLoad(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(*pool.Pool, *pool.Client, *pool.Clock, job.Pending){
		"the process dies": func(p *pool.Pool, _ *pool.Client, _ *pool.Clock, _ job.Pending) { kill(childOf(t, p.Zygote())) },
		"it takes too long": func(_ *pool.Pool, _ *pool.Client, clock *pool.Clock, j job.Pending) {
			until(j, clock, pool.DefaultLoadLimit)
		},
		"its client is closed": func(_ *pool.Pool, c *pool.Client, _ *pool.Clock, _ job.Pending) { _ = c.Close(over) },
		"the pool is closed":   func(p *pool.Pool, _ *pool.Client, _ *pool.Clock, _ job.Pending) { _ = p.Close(over) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, ended := range []bool{true, false} {
				t.Run(strconv.FormatBool(ended), func(t *testing.T) {
					var clock *pool.Clock
					p, c := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
					path, ctx := tokenizerFile(t), newUnnoticed(t)
					g := newGateAt(t, filepath.Join(filepath.Dir(path), "load"))
					j, err := c.Submit(ctx, loadFrame(path))
					require.NoError(t, err)
					g.begun()
					if ended {
						ctx.pass()
					}
					end(p, c, clock, j)
					<-j.Done()
					_, err = j.Reply()
					s := p.Stats()
					assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
					assert.Equal(t, ended, errors.Is(err, context.DeadlineExceeded), err)
					require.Error(t, err)
				})
			}
		})
	}
}

// second is a context that has ended when it is asked for the second time, which is after the call was taken.
type second struct {
	context.Context
	never chan struct{}
	asked *atomic.Int32
}

func (s second) Done() <-chan struct{} { return s.never }

func (s second) Err() error {
	if s.asked.Add(1) == 1 {
		return nil
	}
	return context.DeadlineExceeded
}

// So it is for all that goes through the first process when there is none to be had.
func TestOutcome_contextWithoutProcess(t *testing.T) {
	o := options()
	o.Workers, o.Python = 1, script(t, "#!/bin/sh\nif [ -e \"$0.broken\" ]; then exit 1; fi\nexec '"+python+"' \"$@\"\n")
	p, err := pool.Start(t.Context(), o)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(t.Context())) }()
	require.NoError(t, os.WriteFile(o.Python+".broken", nil, 0o600))
	kill(p.Zygote())
	c := p.NewClient()
	for name, f := range map[string]job.Job{
		"load":     frame(wire.OpLoad, 0, -1, `{"name":"v3"}`),
		"unload":   frame(wire.OpUnload, 7, -1, ""),
		"settings": frame(wire.OpShortcuts, 0, -1, `{"text":false}`),
		"stats":    frame(wire.OpStats, 0, -1, ""),
	} {
		_, err := c.Do(second{t.Context(), make(chan struct{}), new(atomic.Int32)}, f)
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		_, err = c.Do(t.Context(), f)
		require.ErrorContains(t, err, "pool: start", name)
	}
	s := p.Stats()
	assert.EqualValues(t, []int64{4, 4}, []int64{s.Cancelled, s.Failed})
}

// childOf is the one process that another one has.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var found []int
	for _, path := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		require.NoError(t, err)
		if alive(child) && parentOf(t, child) == pid {
			found = append(found, child)
		}
	}
	require.Len(t, found, 1)
	return found[0]
}
