package pool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// tokenizerFile is a file of its own to load, in a directory of its own. A fifo beside it holds up who loads it:
// "before-load" the zygote before it forks, "load" the fork.
func tokenizerFile(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(python), "../lib/python*/site-packages/mistral_common/data/*.model.v3"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	text, err := os.ReadFile(found[0])
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "tokenizer.model.v3")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func loadFrame(path string) job.Job {
	return frame(wire.OpLoad, 0, -1, fmt.Sprintf(`{"file":%q}`, path))
}

// A load that is given up ends the process that was at it, and nothing else, however far it was by then: before there
// was one, while it was at it, and when it had just come to be the one that all others stand on.
func TestLoad_givenUpAlone(t *testing.T) {
	for _, c := range []struct {
		name, fifo  string
		grace, open bool // ends before the gate is opened, which it is
		objects     int
	}{
		{"before the fork", "before-load", false, true, 1},
		{"before the fork, which comes after the grace", "before-load", true, true, 1},
		{"during the load", "load", false, true, 2},
		{"during the load, which does not end", "load", true, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var clock *pool.Clock
			p, client := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
			v3 := load(t, client, `{"name":"v3"}`)
			path, ctx := tokenizerFile(t), newDeadline(t)
			g := newGateAt(t, filepath.Join(filepath.Dir(path), c.fifo))
			j, err := client.Submit(ctx, loadFrame(path))
			require.NoError(t, err)
			g.begun()
			ctx.pass()
			<-j.Done()
			_, err = j.Reply()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			if c.grace {
				clock.Advance(pool.DefaultGrace)
			}
			if c.open {
				g.open()
			}
			after, err := client.Submit(t.Context(), frame(wire.OpStats, 0, -1, "")) // in the order of the calls
			require.NoError(t, err)
			if c.grace { // the process may have come before we knew it
				until(after, clock, pool.DefaultGrace)
			}
			body, _ := answerOf(t, after)
			assert.Contains(t, body, fmt.Sprintf(`"objects":%d,`, c.objects))
			zygote := p.Zygote()
			clock.Advance(pool.DefaultGrace)
			load(t, client, `{"name":"v3"}`)
			hello(t, client, v3)
			assert.Equal(t, zygote, p.Zygote())
			assert.True(t, alive(zygote))
			s := p.Stats()
			assert.EqualValues(t, []int64{1, 1, 0}, []int64{s.Boots, s.Cancelled, s.Failed})
		})
	}
}

// Whenever its caller goes, a load is ended or has come to be, and what it has answered is its context's error.
func TestLoad_givenUpAnyTime(t *testing.T) {
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
	hello(t, c, v3)
	require.Positive(t, given)
	assert.EqualValues(t, 1, p.Stats().Boots)
}

// A load that is given up is ended too, and what it would have opened is not left behind.
func TestLoad_givenUp(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	ctx := newDeadline(t)
	j, err := c.Submit(ctx, loadFrame("/fault-hang"))
	require.NoError(t, err)
	eventually(t, func() bool { return p.Stats().Running == 1 })
	ctx.pass()
	<-j.Done()
	_, err = j.Reply()
	require.ErrorIs(t, err, context.DeadlineExceeded)
	hello(t, c, v3)
	nobody := func(*wire.Reply) []byte { return []byte("undo") }
	_, err = c.Do(t.Context(), job.Job{Frame: loadFrame("v7").Frame, Accept: nobody})
	require.NoError(t, err)
	eventually(t, func() bool { return held(t, c) == [2]int{1, 1} })
}

// A load that goes wrong takes nothing along: what was loaded, who serves it, and the next load.
func TestLoad_errors(t *testing.T) {
	var clock *pool.Clock
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
	v3 := load(t, c, `{"name":"v3"}`)
	full(t, p, c)
	worker := pidOf(t, c)
	for what, kind := range map[string]error{"kill": pool.ErrWorkerDied, "segfault": pool.ErrWorkerDied, "hang": pool.ErrTimeLimit} {
		t.Run(what, func(t *testing.T) {
			j, err := c.Submit(t.Context(), loadFrame("/fault-"+what))
			require.NoError(t, err)
			if what == "hang" {
				until(j, clock, pool.DefaultLoadLimit)
			}
			<-j.Done()
			_, err = j.Reply()
			require.ErrorIs(t, err, kind)
			hello(t, c, v3)
		})
	}
	assert.Equal(t, worker, pidOf(t, c))
	v2 := load(t, c, `{"name":"v2"}`)
	require.NotEqual(t, v3, v2)
	hello(t, c, v3)
}

// The limit of calls is none of loads.
func TestLoad_timeLimit(t *testing.T) {
	var clock *pool.Clock
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.TimeLimit = 100 * time.Millisecond; clock = o.Stop() })
	path := tokenizerFile(t)
	g := newGateAt(t, filepath.Join(filepath.Dir(path), "load"))
	j, err := c.Submit(t.Context(), loadFrame(path))
	require.NoError(t, err)
	g.begun()
	clock.Advance(time.Second)
	g.open()
	require.NoError(t, j.Wait(t.Context()))
	_, err = j.Reply()
	require.NoError(t, err)
	full(t, p, c)
	call, err := c.Submit(t.Context(), newGate(t).frame(0))
	require.NoError(t, err)
	until(call, clock, 100*time.Millisecond)
	_, err = call.Reply()
	require.ErrorIs(t, err, pool.ErrTimeLimit)
	assert.EqualValues(t, 1, p.Stats().Killed)
}

// A Start that is not waited for leaves no process.
func TestStart_givenUp(t *testing.T) {
	o := options()
	o.Boot = nil // it would wait for them
	o.Python = script(t, "#!/bin/sh\necho $$ > \"$0.pid\"\nexec sleep 1000000\n")
	ctx := newDeadline(t)
	ended := make(chan error, 1)
	go func() {
		_, err := pool.Start(ctx, o)
		ended <- err
	}()
	pid := 0
	eventually(t, func() bool {
		text, err := os.ReadFile(o.Python + ".pid")
		n, _ := fmt.Sscan(string(text), &pid)
		return err == nil && n == 1
	})
	ctx.pass()
	require.ErrorIs(t, <-ended, context.DeadlineExceeded)
	eventually(t, func() bool { return !alive(pid) })
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	syscall.ForkLock.RLock() // a fork of another test that has it open for writing would make it busy
	defer syscall.ForkLock.RUnlock()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	return path
}
