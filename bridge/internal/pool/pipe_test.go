package pool_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// submit queues jobs that come to lie behind each other in one worker: the first sleeps until all are there.
func submit(t *testing.T, c *pool.Client, frames ...[]byte) (jobs []*pool.Job) {
	t.Helper()
	for _, f := range append([][]byte{frame(opSleep, 0, 40, "")}, frames...) {
		j, err := c.Submit(t.Context(), f)
		require.NoError(t, err)
		jobs = append(jobs, j)
	}
	return jobs[1:]
}

func answerOf(t *testing.T, j *pool.Job) (body string, aux int) {
	t.Helper()
	require.NoError(t, j.Wait(t.Context()))
	r, err := j.Reply()
	require.NoError(t, err)
	return string(r.Body), int(r.Aux)
}

// A worker that dies fails the job that is inside it. What it had finished is answered, though it was not sent yet, and
// what lay behind it is run by the next worker.
func TestADeathCostsTheOneInside(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	first := pidOf(t, c)
	frames := [][]byte{frame(opPID, 0, 0, ""), frame(opPID, 0, 0, ""), frame(opFault, 0, 0, "kill"), frame(opPID, 0, 0, "")}
	for i := range 5 {
		frames = append(frames, frame(opEcho, 0, 0, fmt.Sprint("behind ", i)))
	}
	jobs := submit(t, c, frames...)
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
func TestGivingUpTheOneInside(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	pidOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	begun, err := c.Submit(ctx, frame(opFault, 0, 0, "native"))
	require.NoError(t, err)
	var behind []*pool.Job
	for i := range 5 {
		j, err := c.Submit(t.Context(), frame(opEcho, 0, 0, fmt.Sprint(i)))
		require.NoError(t, err)
		behind = append(behind, j)
	}
	time.Sleep(30 * time.Millisecond)
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
func TestGivingUpOneBehind(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	worker := pidOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	jobs := submit(t, c, frame(opEcho, 0, 0, "before"))
	fatal, err := c.Submit(ctx, frame(opFault, 0, 0, "kill"))
	require.NoError(t, err)
	after, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
	require.NoError(t, err)
	cancel()
	<-fatal.Done()
	_, err = fatal.Reply()
	require.ErrorIs(t, err, context.Canceled)
	body, _ := answerOf(t, jobs[0])
	assert.Equal(t, "before", body)
	_, pid := answerOf(t, after)
	assert.Equal(t, worker, pid)
	s := p.Stats()
	assert.EqualValues(t, []int64{0, 0, 1, 0}, []int64{s.Killed, s.Crashes, s.Cancelled, s.Dropped})
}

// What was finished before a job that takes long does not wait for it, though it was to go out together with it.
func TestWhatIsFinishedDoesNotWait(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	pidOf(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, "finished"), frame(opSleep, 0, 2000, ""), frame(opEcho, 0, 0, "behind"), frame(opEcho, 0, 0, "behind"))
	body, _ := answerOf(t, jobs[0])
	assert.Equal(t, "finished", body)
	select {
	case <-jobs[1].Done():
		t.Error("it has waited for two seconds of somebody else's")
	default:
	}
}

// What lies behind a job that takes long goes to another worker.
func TestNobodyStaysBehindALongOne(t *testing.T) {
	p, c := start(t, nil)
	hellos(t, c)
	require.Eventually(t, func() bool { return len(p.Stats().Workers) == 2 }, 10*time.Second, time.Millisecond)
	long, err := c.Submit(t.Context(), frame(opSleep, 0, 2000, ""))
	require.NoError(t, err)
	for i, j := range submit(t, c, frame(opEcho, 0, 0, "0"), frame(opEcho, 0, 0, "1"), frame(opEcho, 0, 0, "2"), frame(opEcho, 0, 0, "3")) {
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint(i), body)
	}
	select {
	case <-long.Done():
		t.Error("some of them have waited for it")
	default:
	}
	require.NoError(t, long.Wait(t.Context()))
	s := p.Stats()
	assert.Equal(t, s.Submitted, s.Completed)
	assert.Zero(t, s.Killed)
}

// A job that takes too long in a pipe fails, and those around it are answered.
func TestTimeLimitInAPipe(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.TimeLimit = 500 * time.Millisecond })
	pidOf(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, "0"), frame(opFault, 0, 0, "native"), frame(opEcho, 0, 0, "2"))
	for i, j := range jobs {
		if i == 1 {
			require.NoError(t, j.Wait(t.Context()))
			_, err := j.Reply()
			require.ErrorIs(t, err, pool.ErrTimeLimit)
			continue
		}
		body, _ := answerOf(t, j)
		assert.Equal(t, fmt.Sprint(i), body)
	}
	assert.EqualValues(t, 1, p.Stats().Killed)
}

// What lies behind another one still has its place in the queue.
func TestThePipeIsPartOfTheQueue(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Queue = 3 })
	pidOf(t, c)
	jobs := submit(t, c, frame(opEcho, 0, 0, ""), frame(opEcho, 0, 0, ""), frame(opEcho, 0, 0, ""))
	_, err := c.Submit(t.Context(), frame(opEcho, 0, 0, ""))
	require.Error(t, err)
	s := p.Stats()
	assert.EqualValues(t, []int64{1, 3, 1}, []int64{s.Running, s.Depth, s.Overloaded})
	for _, j := range jobs {
		answerOf(t, j)
	}
	assert.Zero(t, p.Stats().Depth)
}
