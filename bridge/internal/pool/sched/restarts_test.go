package sched

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var start = time.Unix(1000, 0)

func TestNextStep(t *testing.T) {
	type worker struct {
		generation int
		busy       bool
		leaving    bool
	}
	for _, c := range []struct {
		name    string
		workers []worker
		newest  int
		want    Step
		who     int // in workers
	}{
		{"no parent", nil, -1, Boot, 0},
		{"none", nil, 1, Spawn, 0},
		{"one of two", []worker{{1, true, false}}, 1, Spawn, 0},
		{"all", []worker{{1, true, false}, {1, false, false}}, 1, Idle, 0},
		{"one is leaving", []worker{{1, true, false}, {1, true, true}}, 1, Spawn, 0},
		{"all are old: a new one comes before one goes", []worker{{1, false, false}, {1, false, false}}, 2, Spawn, 0},
		{"then the idle one goes", []worker{{1, true, false}, {1, false, false}, {2, false, false}}, 2, Stop, 1},
		{"or a busy one, when it has finished", []worker{{1, true, false}, {1, true, false}, {2, false, false}}, 2, Drain, 0},
		{"and the next one comes", []worker{{1, true, false}, {1, true, true}, {2, false, false}}, 2, Spawn, 0},
		{"until there are enough", []worker{{1, true, false}, {2, false, false}, {2, false, false}}, 2, Drain, 0},
		{"all new", []worker{{2, true, false}, {2, true, false}}, 2, Idle, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Limits{Workers: 2})
			var all []*Worker
			for _, one := range c.workers {
				w := &Worker{Generation: one.generation, Objects: has{}, Value: ""}
				s.AddWorker(w)
				if one.busy {
					s.Add(job("", 0, 2*ms))
					require.Len(t, s.Schedule(), 1)
				}
				if one.leaving {
					s.Retire(w)
				}
				all = append(all, w)
			}
			plan := s.NextStep(start, c.newest)
			assert.Equal(t, c.want.String(), plan.Step.String())
			if plan.Worker != nil {
				assert.Same(t, all[c.who], plan.Worker)
			}
			assert.Equal(t, plan.Step == Idle, plan.Wait > 0)
		})
	}
}

// Attempts that fail are repeated with growing pauses, and a worker that is ready ends that. Answers do not: they are of
// others.
func TestBackoff_spawn(t *testing.T) {
	s := New(Limits{Workers: 1})
	now := start
	for i, pause := range []time.Duration{20 * ms, 40 * ms, 80 * ms, 160 * ms, 320 * ms, 640 * ms, 1280 * ms, 2560 * ms, 5 * time.Second, 5 * time.Second} {
		t.Run(fmt.Sprint(pause), func(t *testing.T) {
			assert.Equal(t, i >= MaxAttempts, s.Failing())
			require.Equal(t, Spawn, s.NextStep(now, 1).Step)
			s.SpawnFailed(now)
			s.JobCompleted()
			assert.Equal(t, Plan{Wait: pause}, s.NextStep(now, 1))
			assert.Equal(t, Plan{Wait: pause}, s.NextStep(now, -1))
			now = now.Add(pause)
		})
	}
	w := &Worker{}
	s.AddWorker(w)
	assert.True(t, s.Failing(), "it may end before it is ready")
	assert.Equal(t, 10, s.SpawnSucceeded(w))
	assert.Equal(t, Serving, w.State())
	assert.False(t, s.Failing())
	assert.Zero(t, s.Failures())
}

// The first worker that dies is replaced at once, those after it later, until one answers.
func TestBackoff_crash(t *testing.T) {
	s := New(Limits{Workers: 1})
	for i, pause := range []time.Duration{0, 20 * ms, 40 * ms, 80 * ms} {
		t.Run(fmt.Sprint(pause), func(t *testing.T) {
			s.WorkerCrashed(start)
			assert.Equal(t, i+1, s.Crashes())
			plan := s.NextStep(start, 1)
			assert.Equal(t, pause, plan.Wait)
		})
	}
	s.JobCompleted()
	assert.Zero(t, s.Crashes())
	assert.Equal(t, Spawn, s.NextStep(start, 1).Step)
}

// When the last worker has ended an attempt is made at once, and jobs wait for that, whatever failed before.
func TestRetryNow(t *testing.T) {
	s, w := staffed(Limits{Workers: 2})
	s.RetryNow()
	assert.Zero(t, s.Failures())
	s.Retire(w[0])
	s.RemoveWorker(w[0])
	for range 7 {
		s.SpawnFailed(start)
	}
	s.RetryNow()
	assert.Equal(t, 7, s.Failures(), "there is another one")
	j := job("", 0, 0)
	j.Object = "x"
	assert.True(t, s.Hopeless(j))
	s.Retire(w[1])
	s.RemoveWorker(w[1])
	s.RetryNow()
	assert.False(t, s.Hopeless(j))
	assert.Equal(t, Spawn, s.NextStep(start, 1).Step)
	s.SpawnFailed(start)
	assert.True(t, s.Hopeless(j))
}
