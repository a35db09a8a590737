package pool_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// submit queues jobs.
func submit(t *testing.T, c *pool.Client, frames ...job.Job) (jobs []job.Pending) {
	t.Helper()
	for _, f := range frames {
		j, err := c.Submit(t.Context(), f)
		require.NoError(t, err)
		jobs = append(jobs, j)
	}
	return jobs
}

func answerOf(t *testing.T, j job.Pending) (body string, aux int) {
	t.Helper()
	require.NoError(t, j.Wait(t.Context()))
	r, err := j.Reply()
	require.NoError(t, err)
	return string(r.Body), int(r.Aux)
}

// A worker that dies fails the job that is inside it. What it had finished is answered, though it was not sent yet, and
// what lay behind it is run by the next worker.
func TestPipe_death(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Stop() })
	first := pidOf(t, c)
	g, _ := hold(t, c)
	frames := []job.Job{frame(opPID, 0, 0, ""), frame(opPID, 0, 0, ""), frame(opFault, 0, 0, "kill"), frame(opPID, 0, 0, "")}
	for i := range 5 {
		frames = append(frames, frame(opEcho, 0, 0, fmt.Sprint("behind ", i)))
	}
	jobs := submit(t, c, frames...)
	g.open()
	for _, j := range jobs[:2] {
		_, pid := answerOf(t, j)
		assert.Equal(t, first, pid, "it was finished before, and is not run again")
	}
	require.NoError(t, jobs[2].Wait(t.Context()))
	_, err := jobs[2].Reply()
	var we *pool.WorkerError
	require.ErrorAs(t, err, &we)
	assert.Equal(t, first, we.PID)
	_, pid := answerOf(t, jobs[3])
	assert.NotEqual(t, first, pid)
	for i, j := range jobs[4:] {
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint("behind ", i), body)
	}
	s := p.Stats()
	assert.EqualValues(t, 1, s.Crashes)
	assert.EqualValues(t, 1, s.Failed)
	assert.Equal(t, s.Submitted, s.Completed+s.Failed)
}

// The one that is given up while it runs costs its worker, and nobody else anything.
func TestPipe_cancelRunning(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	pidOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	begun, err := c.Submit(ctx, frame(opFault, 0, 0, "native"))
	require.NoError(t, err)
	var behind []job.Pending
	for i := range 5 {
		j, err := c.Submit(t.Context(), frame(opEcho, 0, 0, fmt.Sprint(i)))
		require.NoError(t, err)
		behind = append(behind, j)
	}
	eventually(t, func() bool { return p.RunningJobs() == 1 })
	cancel()
	<-begun.Done()
	_, err = begun.Reply()
	require.ErrorIs(t, err, context.Canceled)
	for i, j := range behind {
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint(i), body)
	}
	s := p.Stats()
	assert.EqualValues(t, []int64{1, 0, 1, 1}, []int64{s.Killed, s.Crashes, s.Cancelled, s.Dropped})
}

// The one that is given up before its turn is left out; the worker stays.
func TestPipe_cancelQueued(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Stop() })
	worker := pidOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	g, _ := hold(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, "before"))
	fatal, err := c.Submit(ctx, frame(opFault, 0, 0, "kill"))
	require.NoError(t, err)
	after, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
	require.NoError(t, err)
	cancel()
	<-fatal.Done()
	_, err = fatal.Reply()
	require.ErrorIs(t, err, context.Canceled)
	g.open()
	body, _ := answerOf(t, jobs[0])
	assert.Equal(t, "before", body)
	_, pid := answerOf(t, after)
	assert.Equal(t, worker, pid)
	s := p.Stats()
	assert.EqualValues(t, []int64{0, 0, 1, 0}, []int64{s.Killed, s.Crashes, s.Cancelled, s.Dropped})
}

// What was finished before a job that takes long does not wait for it, though it was to go out together with it.
func TestPipe_finished(t *testing.T) {
	var clock *pool.Clock
	_, c := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
	pidOf(t, c)
	g, _ := hold(t, c)
	long := newGate(t)
	jobs := submit(t, c, frame(opEcho, 0, 0, "finished"), long.frame(0), frame(opEcho, 0, 0, "behind"), frame(opEcho, 0, 0, "behind"))
	g.open()
	long.begun()
	until(jobs[0], clock, pool.BusyInterval)
	body, _ := answerOf(t, jobs[0])
	assert.Equal(t, "finished", body)
	long.open()
	for _, j := range jobs[2:] {
		body, _ := answerOf(t, j)
		assert.Equal(t, "behind", body)
	}
}

// What is behind a job that takes long goes to another worker.
func TestPipe_stolen(t *testing.T) {
	var clock *pool.Clock
	p, c := start(t, func(o *pool.Options) { clock = o.Stop() })
	full(t, p, c)
	long, last := hold(t, c)
	other, _ := hold(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, "0"), frame(opEcho, 0, 0, "1"), frame(opEcho, 0, 0, "2"), frame(opEcho, 0, 0, "3"))
	assert.EqualValues(t, 4, p.Stats().Depth)
	other.open()
	for i, j := range jobs { // those behind the long one are answered while it waits
		until(j, clock, pool.BusyInterval)
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint(i), body)
	}
	long.open()
	require.NoError(t, last.Wait(t.Context()))
	s := p.Stats()
	assert.Equal(t, s.Submitted, s.Completed)
	assert.Zero(t, s.Killed)
}

// A job that takes too long in a pipe fails, and those around it are answered.
func TestPipe_timeLimit(t *testing.T) {
	var clock *pool.Clock
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; clock = o.Stop() })
	pidOf(t, c)
	g, _ := hold(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, "0"), frame(opFault, 0, 0, "native"), frame(opEcho, 0, 0, "2"))
	g.open()
	until(jobs[0], clock, pool.BusyInterval)
	until(jobs[1], clock, pool.DefaultTimeLimit)
	for i, j := range jobs {
		if i == 1 {
			_, err := j.Reply()
			require.ErrorIs(t, err, pool.ErrTimeLimit)
			continue
		}
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint(i), body)
	}
	assert.EqualValues(t, 1, p.Stats().Killed)
}

// What is behind another one still has its place in the queue.
func TestPipe_queue(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Queue = 3; o.Stop() })
	pidOf(t, c)
	g, _ := hold(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, ""), frame(opEcho, 0, 0, ""), frame(opEcho, 0, 0, ""))
	_, err := c.Submit(t.Context(), frame(opEcho, 0, 0, ""))
	require.ErrorIs(t, err, job.ErrOverloaded)
	s := p.Stats()
	assert.EqualValues(t, []int64{1, 3, 1}, []int64{s.Running, s.Depth, s.Overloaded})
	g.open()
	for _, j := range jobs {
		answerOf(t, j)
	}
	assert.Zero(t, p.Stats().Depth)
}
