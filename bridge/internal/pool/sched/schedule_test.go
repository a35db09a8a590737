package sched

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

func TestSchedule(t *testing.T) {
	few := func(n int) (all []*Job) {
		for i := range n {
			all = append(all, job(fmt.Sprint(i), time.Duration(i), 0))
		}
		return all
	}
	for _, c := range []struct {
		name   string
		limits Limits
		jobs   []*Job
		want   []string
	}{
		{"nothing", Limits{Workers: 2}, nil, nil},
		{"the last one comes first", Limits{Workers: 2}, few(1), []string{"0→b"}},
		{"each idle one gets one, the others lie behind the least to do", Limits{Workers: 2}, few(5),
			[]string{"0→b", "1→a", "2→a", "3→b", "4→a"}},
		{"by their turn", Limits{Workers: 1}, []*Job{job("late", 3, 0), job("first", 1, 0), job("second", 2, 0)},
			[]string{"first→a", "second→a", "late→a"}},
		{"a long one is behind nobody", Limits{Workers: 1}, []*Job{job("short", 1, 0), job("long", 2, 2*ms), job("behind", 3, 0)},
			[]string{"short→a"}},
		{"nobody is behind a long one", Limits{Workers: 1}, []*Job{job("long", 1, 2*ms), job("behind", 2, 0)}, []string{"long→a"}},
		{"a pipe has a bound of work", Limits{Workers: 1}, []*Job{job("0", 0, ms), job("1", 1, ms), job("2", 2, ms), job("3", 3, ms)},
			[]string{"0→a", "1→a", "2→a"}},
		{"and one of jobs", Limits{Workers: 1}, few(20), func() (all []string) {
			for i := range Depth {
				all = append(all, fmt.Sprint(i, "→a"))
			}
			return all
		}()},
		{"one is kept for what is not large", Limits{Workers: 3}, []*Job{large("0", 0), large("1", 1), large("2", 2), job("small", 3, 0)},
			[]string{"0→c", "1→b", "small→a"}},
		{"a single one takes what comes", Limits{Workers: 1}, []*Job{large("0", 0)}, []string{"0→a"}},
		{"what is small overtakes what is large", Limits{Workers: 1}, []*Job{large("large", Turn(0, 30*ms)), job("small", Turn(29*ms, 0), 0)},
			[]string{"small→a"}},
		{"but not for ever", Limits{Workers: 1}, []*Job{large("large", Turn(0, 30*ms)), job("small", Turn(31*ms, 0), 0)},
			[]string{"large→a"}},
		{"none is gathered where none is busy", Limits{Workers: 2, Gather: 4 * ms}, few(2), []string{"0→b", "1→a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := staffed(c.limits)
			for _, j := range c.jobs {
				s.Add(j)
			}
			assert.Equal(t, c.want, assigned(s))
			assert.Empty(t, assigned(s), "nothing more without an answer")
		})
	}
}

// With Gather a busy worker is filled before an idle one is woken, up to its bound.
func TestGather(t *testing.T) {
	s, _ := staffed(Limits{Workers: 2, Gather: ms})
	s.Add(job("0", 0, 0))
	require.Equal(t, []string{"0→b"}, assigned(s))
	for i := range 11 {
		s.Add(job(fmt.Sprint(i+1), time.Duration(i+1), 0))
	}
	got := assigned(s)
	require.Len(t, got, 11)
	for i, one := range got[:9] { // of a tenth of a millisecond each, with the one that is there
		assert.Equal(t, fmt.Sprint(i+1, "→b"), one)
	}
	assert.Equal(t, "10→a", got[9])
}

// A job goes to a worker that has what it is about, and is new enough.
func TestSchedule_needs(t *testing.T) {
	s := New(Limits{Workers: 2})
	old, fresh := &Worker{Value: "old", Objects: has{"x": true}, Generation: 1}, &Worker{Value: "new", Objects: has{"x": true, "y": true}, Generation: 2}
	s.AddWorker(fresh)
	s.AddWorker(old)
	y, later, x := job("y", 0, 0), job("later", 1, 0), job("x", 2, 0)
	y.Object, x.Object, later.MinGeneration = "y", "x", 2
	for _, j := range []*Job{y, later, x} {
		s.Add(j)
	}
	assert.Equal(t, []string{"x→old", "y→new", "later→new"}, assigned(s))
	none := job("none", 3, 0)
	none.Object = "z"
	s.Add(none)
	assert.Empty(t, assigned(s))
	assert.False(t, s.CanServe(none))
	assert.False(t, s.Hopeless(none), "one may come")
	s.SpawnFailed(time.Time{})
	s.SpawnFailed(time.Time{})
	assert.True(t, s.Hopeless(none))
	assert.False(t, s.Hopeless(x))
}

// Who is retired or slow gets no more, and what it has is answered, or taken back.
func TestSchedule_retiredAndSlow(t *testing.T) {
	s, w := staffed(Limits{Workers: 1})
	for i := range 3 {
		s.Add(job(fmt.Sprint(i), time.Duration(i), 0))
	}
	require.Len(t, assigned(s), 3)
	w[0].SetSlow(true)
	s.Add(job("3", 3, 0))
	assert.Empty(t, assigned(s))
	s.Requeue(&w[0].Pipe[2])
	assert.Nil(t, w[0].Pipe[2].Job)
	assert.Equal(t, "0", s.PopReply(w[0]).Job.Value)
	assert.Equal(t, []string{"2→a", "3→a"}, assigned(s), "it is not slow any more")
	require.True(t, s.Retire(w[0]))
	require.False(t, s.Retire(w[0]))
	s.Add(job("4", 4, 0))
	assert.Empty(t, assigned(s))
	assert.Equal(t, "1", s.PopReply(w[0]).Job.Value)
	left := s.RemoveWorker(w[0])
	require.Len(t, left, 3)
	assert.Nil(t, left[0].Job)
	assert.Equal(t, []any{"2", "3"}, []any{left[1].Job.Value, left[2].Job.Value})
	assert.Empty(t, s.Workers())
	assert.Nil(t, s.RemoveWorker(w[0]), "once")
}

// What is given up while it waits is never given to a worker.
func TestRemove(t *testing.T) {
	s, _ := staffed(Limits{Workers: 1})
	gone, stays := job("gone", 0, 0), job("stays", 1, 0)
	s.Add(gone)
	s.Add(stays)
	s.Remove(gone)
	s.Remove(gone)
	assert.False(t, gone.Waiting())
	assert.Equal(t, []string{"stays→a"}, assigned(s))
}

// A worker's life has one direction.
func TestState_transitions(t *testing.T) {
	all := []State{Starting, Serving, Draining, Exited}
	want := map[State][]State{Starting: {Serving, Draining}, Serving: {Draining}, Draining: {Exited}}
	for _, from := range all {
		for _, to := range all {
			w := &Worker{state: from}
			allowed := slices.Contains(want[from], to)
			assert.Equal(t, allowed, w.transition(to), "%s → %s", from, to)
			if !allowed {
				to = from
			}
			assert.Equal(t, to, w.State())
			assert.Equal(t, to == Starting || to == Serving, w.Accepting())
		}
	}
}
