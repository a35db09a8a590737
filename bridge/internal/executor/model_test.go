package executor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// model is what the executor should be, in plain slices: a queue, the one job in the engine, and the submissions that
// wait for a place. The engine is a gate, so that every step has one right answer.
type model struct {
	t     *rapid.T
	e     *Executor
	g     *gate
	limit int
	next  uint64

	queue   []*modelJob
	running *modelJob
	waiting []*modelJob
	closing bool
	closed  chan error

	submitted, completed, failed, cancelled, dropped, overloaded int64
}

type modelJob struct {
	n      uint64
	job    *Job
	cancel context.CancelFunc
	given  bool // given up while running
	got    chan error
}

func TestExecutor_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, g: newGate(), limit: rapid.IntRange(1, 4).Draw(t, "limit")}
		e, err := Start(context.Background(), started(engineFunc(m.g.call)), Options{Queue: m.limit, Spin: noSpin})
		require.NoError(t, err)
		m.e = e
		defer m.finish()
		t.Repeat(map[string]func(*rapid.T){
			"submit":  func(*rapid.T) { m.submit() },
			"wait":    func(*rapid.T) { m.wait() },
			"cancel":  func(t *rapid.T) { m.cancel(t) },
			"release": func(*rapid.T) { m.release() },
			"close":   func(t *rapid.T) { m.close(t) },
			"":        func(*rapid.T) { m.check() },
		})
	})
}

func (m *model) job() (*modelJob, context.Context) {
	m.next++
	ctx, cancel := context.WithCancel(context.Background())
	return &modelJob{n: m.next, cancel: cancel, got: make(chan error, 1)}, ctx
}

func (m *model) submit() {
	j, ctx := m.job()
	var err error
	j.job, err = m.e.Submit(ctx, frame(j.n))
	switch {
	case m.closing:
		require.ErrorIs(m.t, err, job.ErrClosed)
	case len(m.queue) == m.limit:
		require.ErrorIs(m.t, err, job.ErrOverloaded)
		m.overloaded++
	default:
		require.NoError(m.t, err)
		m.admit(j)
		return
	}
	j.cancel()
}

// wait submits and waits for a place.
func (m *model) wait() {
	if m.closing || len(m.queue) < m.limit {
		m.submit()
		return
	}
	j, ctx := m.job()
	go func() {
		var err error
		j.job, err = m.e.Submit(ctx, frame(j.n), WaitWhenFull)
		j.got <- err
	}()
	m.waiting = append(m.waiting, j)
	require.True(m.t, happens(func() bool { return m.tickets() == len(m.waiting) }))
}

func (m *model) tickets() int {
	m.e.queue.mu.Lock()
	defer m.e.queue.mu.Unlock()
	return len(m.e.queue.tickets)
}

func (m *model) admit(j *modelJob) {
	m.submitted++
	m.queue = append(m.queue, j)
	m.settle()
}

// settle lets happen what must: a free engine takes the oldest job, a free place goes to the oldest waiting submission.
func (m *model) settle() {
	if m.running == nil && len(m.queue) > 0 {
		m.running, m.queue = m.queue[0], m.queue[1:]
		require.Equal(m.t, m.running.n, <-m.g.entered, "not the oldest job")
	}
	if len(m.queue) < m.limit && len(m.waiting) > 0 {
		j := m.waiting[0]
		m.waiting = m.waiting[1:]
		require.NoError(m.t, <-j.got)
		m.admit(j)
	}
}

func (m *model) cancel(t *rapid.T) {
	all := append(append([]*modelJob(nil), m.queue...), m.waiting...)
	if m.running != nil && !m.running.given {
		all = append(all, m.running)
	}
	if len(all) == 0 {
		t.Skip("nothing to cancel")
	}
	j := rapid.SampledFrom(all).Draw(t, "job")
	j.cancel()
	if without(&m.waiting, j) {
		require.ErrorIs(m.t, <-j.got, context.Canceled)
		return
	}
	m.cancelled++
	<-j.job.Done() // at once: the gate is shut
	_, err := j.job.Reply()
	require.ErrorIs(m.t, err, context.Canceled)
	if without(&m.queue, j) {
		m.settle()
	} else {
		j.given = true
	}
}

func without(list *[]*modelJob, j *modelJob) bool {
	for i, o := range *list {
		if o == j {
			*list = append(append([]*modelJob(nil), (*list)[:i]...), (*list)[i+1:]...)
			return true
		}
	}
	return false
}

// release lets the engine finish its job.
func (m *model) release() {
	j := m.running
	if j == nil {
		return
	}
	m.g.leave <- struct{}{}
	if j.given {
		m.dropped++
	} else {
		m.completed++
		require.NoError(m.t, j.job.Wait(context.Background()))
		reply, err := j.job.Reply()
		require.NoError(m.t, err)
		require.Equal(m.t, j.n, number(reply.Body))
		j.cancel() // too late to matter
	}
	m.running = nil
	m.settle()
	if m.running == nil {
		require.NoError(m.t, m.e.Drain(context.Background()))
	}
}

// close begins a close without deadline, or ends with one that has passed.
func (m *model) close(t *rapid.T) {
	if m.next < 5 {
		t.Skip("too early")
	}
	hard := rapid.Bool().Draw(t, "hard")
	idle := m.running == nil
	if !m.closing {
		m.closing, m.closed = true, make(chan error, 1)
		go func() { m.closed <- m.e.Close(context.Background()) }()
		for _, j := range m.waiting {
			require.ErrorIs(m.t, <-j.got, job.ErrClosed)
			j.cancel()
		}
		m.waiting = nil
		require.True(m.t, happens(m.e.queue.shut.Load))
	}
	if !hard || idle {
		return
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	err := m.e.Close(ended)
	require.Equal(m.t, &job.CloseError{Running: 1, Left: len(m.queue), Err: context.Canceled}, err)
	if !m.running.given {
		m.failed++
		m.running.given = true
		m.closedOut(m.running)
	}
	for _, j := range m.queue {
		m.failed++
		m.closedOut(j)
	}
	m.queue = nil
}

func (m *model) closedOut(j *modelJob) {
	<-j.job.Done()
	_, err := j.job.Reply()
	require.ErrorIs(m.t, err, job.ErrClosed)
	j.cancel()
}

func (m *model) check() {
	s := m.e.Stats()
	require.EqualValues(m.t, len(m.queue), s.Depth)
	require.LessOrEqual(m.t, s.MaxDepth, int64(m.limit))
	require.Equal(m.t, []int64{m.submitted, m.completed, m.failed, m.cancelled, m.dropped, m.overloaded},
		[]int64{s.Submitted, s.Completed, s.Failed, s.Cancelled, m.droppedBy(s), s.Overloaded})
	if m.running != nil {
		require.EqualValues(m.t, 1, s.InFlight)
	}
}

// droppedBy waits for the count: a dropped result is nobody's event.
func (m *model) droppedBy(s Stats) int64 {
	happens(func() bool {
		s = m.e.Stats()
		return s.Dropped >= m.dropped
	})
	return s.Dropped
}

func (m *model) finish() {
	for m.running != nil {
		m.release()
	}
	require.NoError(m.t, m.e.Close(context.Background()))
	if m.closed != nil {
		require.NoError(m.t, <-m.closed)
	}
	balanced(m.t, m.e.Stats())
}
