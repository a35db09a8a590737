package pool

import (
	"errors"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// worker is a process that runs jobs, one at a time, in the order in which it gets them.
type worker struct {
	*process
	sched.Worker
	pool      *Pool
	zygote    *zygote
	segment   segment
	raw       *rawConn
	sendQueue sendQueue

	// Guarded by the pool's lock.
	ready     bool   // for jobs; it may have been assigned some before
	killedFor uint64 // the number of the job that it was killed for
	startedAt time.Time
	progress  progress
	stats     WorkerStats
}

func (p *Pool) newWorker(z *zygote, proc *process, b segment, raw *rawConn) *worker {
	w := &worker{process: proc, pool: p, zygote: z, segment: b, raw: raw}
	w.Worker = sched.Worker{Value: w, Generation: z.generation, Objects: z.loaded}
	w.stats = WorkerStats{PID: proc.pid, Started: time.Now()}
	return w
}

// currentIndex is the place in the pipe of the job that the worker runs, or will run next.
func (w *worker) currentIndex() int {
	running := w.segment.running()
	return max(0, slices.IndexFunc(w.Pipe, func(s sched.InFlight) bool { return s.Serial == running }))
}

// isRunning reports whether this is the worker's current job.
func (w *worker) isRunning(j *Job) bool {
	return len(w.Pipe) > 0 && jobOf(&w.Pipe[w.currentIndex()]) == j
}

// drop has the worker skip a job in its pipe that nobody waits for any more. The lock is held.
func (w *worker) drop(j *Job) {
	for _, s := range w.Pipe {
		if s.Job == &j.entry {
			w.segment.unwanted(s.Serial)
			w.pool.pollAtLeast(pollBusy)
		}
	}
}

// killFor kills a worker because of the job that it runs. By now, and more so when it is dead, it may be at the next one,
// which must not suffer for that: hence the number. The lock is held.
func (w *worker) killFor(serial uint64) {
	if w.killedFor == 0 {
		w.pool.stats.Killed++
		w.killedFor = serial
		w.pool.sched.Retire(&w.Worker)
	}
	w.kill()
}

// killForJob is killFor for a job in the pipe. The lock is held.
func (w *worker) killForJob(j *Job) {
	for _, s := range w.Pipe {
		if s.Job == &j.entry {
			w.killFor(s.Serial)
		}
	}
}

// popReply takes the oldest job out of the pipe, for it was answered. The lock is held.
func (w *worker) popReply(took time.Duration) *Job {
	p := w.pool
	s := p.sched.PopReply(&w.Worker)
	p.stats.RunTotal += took
	p.stats.RunMax = max(p.stats.RunMax, took)
	w.stats.Jobs++
	w.stats.Busy += took
	return jobOf(&s)
}

// errorOf says what the end of a worker means to the job in it.
func (w *worker) errorOf(err error, status int) *WorkerError {
	e := &WorkerError{Kind: ErrWorkerDied, PID: w.pid, Stderr: w.stderrTail.String()}
	if errors.Is(err, errTooLong) || errors.Is(err, wire.ErrFrame) {
		e.Kind = ErrGarbage
	}
	e.describe(status, w.pool.options.Memory > 0)
	return e
}
