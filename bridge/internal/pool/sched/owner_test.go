package sched

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world plays the owner of a Scheduler, and knows where each job must be.
type world struct {
	t       *testing.T
	s       *Scheduler
	limits  Limits
	now     time.Time
	newest  int
	workers []*Worker       // that are not gone
	place   map[*Job]string // "queue", a worker's name, "answered", "given up", "lost" with a worker
	pipes   map[*Worker][]*Job
	named   int
	objects has
}

func newWorld(t *testing.T, seed byte) *world {
	l := Limits{Workers: 1 + int(seed&3)}
	if seed&4 != 0 {
		l.Gather = ms
	}
	return &world{t: t, s: New(l), limits: l, now: start, newest: 0, place: map[*Job]string{}, pipes: map[*Worker][]*Job{}, objects: has{}}
}

// step does what a byte says.
func (w *world) step(op, arg byte) {
	switch op % 12 {
	case 0, 1, 2:
		w.add(arg)
	case 3, 4:
		w.answer(arg)
	case 5:
		w.giveUp(arg)
	case 6:
		w.die(arg)
	case 7:
		w.takeBack(arg)
	case 8: // something is loaded: workers are to be replaced
		w.newest++
		w.objects = has{"x": true, "y": w.newest%2 == 0 || w.objects["y"]}
	case 9:
		if len(w.workers) > 0 {
			w.workers[int(arg)%len(w.workers)].SetSlow(arg&1 != 0)
		}
	case 10:
		w.s.SpawnFailed(w.now)
	case 11:
		w.now = w.now.Add(time.Duration(arg) * 20 * ms)
	}
	w.staff()
	w.schedule()
	w.check()
}

func (w *world) add(arg byte) {
	w.named++
	cost := time.Duration(arg) * 20 * time.Microsecond
	j := &Job{
		Value: fmt.Sprint(w.named), Cost: cost, Key: Turn(w.now.Sub(start)+time.Duration(w.named), cost),
		Short: cost <= ms, Large: arg > 240, MinGeneration: w.newest * int(arg&1),
	}
	if arg&2 != 0 {
		j.Object = "x"
	} else if arg&4 != 0 {
		j.Object = "y"
	}
	w.place[j] = "queue"
	w.s.Add(j)
}

func (w *world) answer(arg byte) {
	if len(w.workers) == 0 {
		return
	}
	one := w.workers[int(arg)%len(w.workers)]
	if len(one.Pipe) == 0 {
		return
	}
	want := w.pipes[one][0]
	w.pipes[one] = w.pipes[one][1:]
	entry := w.s.PopReply(one)
	require.Same(w.t, want, entry.Job, "in the order in which they were given")
	if want != nil {
		w.place[want] = "answered"
	}
	w.s.JobCompleted()
	if one.State() == Starting {
		w.s.SpawnSucceeded(one)
	}
}

func (w *world) giveUp(arg byte) {
	var all []*Job
	for j, place := range w.place {
		if place == "queue" {
			all = append(all, j)
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b *Job) int { return int(a.Key - b.Key) })
	j := all[int(arg)%len(all)]
	w.s.Remove(j)
	w.place[j] = "given up"
}

func (w *world) die(arg byte) {
	if len(w.workers) == 0 {
		return
	}
	one := w.workers[int(arg)%len(w.workers)]
	w.s.Retire(one)
	left := w.s.RemoveWorker(one)
	require.Equal(w.t, Exited, one.State())
	require.Len(w.t, left, len(w.pipes[one]))
	for i, entry := range left {
		require.Same(w.t, w.pipes[one][i], entry.Job)
		switch {
		case entry.Job == nil:
		case i == 0:
			w.place[entry.Job] = "lost"
		default:
			w.place[entry.Job] = "queue"
			w.s.Add(entry.Job)
		}
	}
	delete(w.pipes, one)
	w.workers = slices.DeleteFunc(w.workers, func(o *Worker) bool { return o == one })
	w.s.WorkerCrashed(w.now)
	w.s.RetryNow()
}

func (w *world) takeBack(arg byte) {
	if len(w.workers) == 0 {
		return
	}
	one := w.workers[int(arg)%len(w.workers)]
	if i := len(one.Pipe) - 1; i > 0 && one.Pipe[i].Job != nil {
		w.place[one.Pipe[i].Job] = "queue"
		w.pipes[one][i] = nil
		w.s.Requeue(&one.Pipe[i])
	}
}

// supervise does what is to be done about the workers.
func (w *world) staff() {
	for range 100 {
		plan := w.s.NextStep(w.now, w.newest)
		switch plan.Step {
		case Idle:
			require.Positive(w.t, plan.Wait)
			return
		case Spawn:
			objects := has{}
			for k, v := range w.objects {
				objects[k] = v
			}
			w.named++
			one := &Worker{Value: fmt.Sprint("w", w.named), Generation: w.newest, Objects: objects}
			w.s.AddWorker(one)
			w.workers = append(w.workers, one)
			require.LessOrEqual(w.t, w.s.Accepting(), w.limits.Workers+1, "one more at most")
		case Stop, Drain:
			require.Less(w.t, plan.Worker.Generation, w.newest)
			require.True(w.t, w.s.Retire(plan.Worker))
			require.Equal(w.t, plan.Step == Stop, len(plan.Worker.Pipe) == 0)
		case Boot:
			w.t.Fatal("there is a parent")
		}
	}
	w.t.Fatal("it never comes to rest")
}

func (w *world) schedule() {
	for _, a := range w.s.Schedule() {
		require.Equal(w.t, "queue", w.place[a.Job], "a job is given once, and not when it was given up")
		w.place[a.Job] = a.Worker.Value.(string)
		require.True(w.t, a.Worker.Accepting())
		require.True(w.t, a.Worker.CanRun(a.Job))
		require.Equal(w.t, len(w.pipes[a.Worker]) == 0, a.Alone)
		if !a.Alone {
			require.True(w.t, a.Job.Short, "what is long is behind nobody")
			require.False(w.t, a.Worker.Slow())
		}
		w.pipes[a.Worker] = append(w.pipes[a.Worker], a.Job)
	}
}

// check holds the laws.
func (w *world) check() {
	big := 0
	for _, one := range w.workers {
		if len(one.Pipe) > Depth || len(one.Pipe) != len(w.pipes[one]) {
			w.t.Fatalf("%d jobs in a worker that has %d", len(one.Pipe), len(w.pipes[one]))
		}
		seen := uint64(0)
		for _, entry := range one.Pipe {
			if entry.Serial <= seen {
				w.t.Fatal("numbers go up")
			}
			seen = entry.Serial
			if entry.large {
				big++
			}
		}
	}
	if big > max(1, w.limits.Workers-1) {
		w.t.Fatalf("%d large ones at once", big)
	}
	waiting := 0
	for j, place := range w.place {
		if (place == "queue") != j.Waiting() { // require would take most of the time of this test
			w.t.Fatalf("job %v is lost: %s", j.Value, place)
		}
		if place == "queue" {
			waiting++
		}
	}
	if len(w.s.Queue()) != waiting {
		w.t.Fatalf("%d jobs wait, not %d", len(w.s.Queue()), waiting)
	}
	for _, one := range w.workers { // nobody is idle while there is something for him
		if !one.Accepting() || len(one.Pipe) > 0 {
			continue
		}
		if w.s.first(one) != nil {
			w.t.Fatal("a job waits beside an idle worker")
		}
	}
}

// drain answers all, and comes to an end: nothing starves.
func (w *world) drain() {
	for range 10_000 {
		w.now = w.now.Add(BackoffMax)
		w.objects = has{"x": true, "y": true}
		if w.now.Sub(start)%2 == 0 && len(w.s.Queue()) > 0 && !w.s.CanServe(w.s.Queue()[0]) {
			w.newest++
		}
		for i := range w.workers {
			w.answer(byte(i))
		}
		for _, one := range slices.Clone(w.workers) {
			if !one.Accepting() && len(one.Pipe) == 0 {
				w.die(byte(slices.Index(w.workers, one)))
			}
		}
		w.staff()
		w.schedule()
		w.check()
		if w.s.Depth() == 0 && len(w.s.Queue()) == 0 {
			return
		}
	}
	w.t.Fatalf("%d jobs never had their turn", len(w.s.Queue()))
}
