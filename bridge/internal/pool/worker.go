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
	pool   *Pool
	zygote *zygote
	board  board
	raw    *rawConn
	out    outgoing

	// Guarded by the pool's lock.
	greeted bool   // it has said that it is ready for jobs, which it may have been given before
	ended   uint64 // the number of the job for whose sake it was killed
	began   time.Time
	watch   watch
	stats   WorkerStats
}

func (p *Pool) newWorker(z *zygote, proc *process, b board, raw *rawConn) *worker {
	w := &worker{process: proc, pool: p, zygote: z, board: b, raw: raw}
	w.Worker = sched.Worker{Of: w, Generation: z.seq, Objects: z.known}
	w.stats = WorkerStats{PID: proc.pid, Started: time.Now()}
	return w
}

// inside is the place in the pipe of the job that the worker is at: one that it has begun, or will next.
func (w *worker) inside() int {
	running := w.board.running()
	return max(0, slices.IndexFunc(w.Pipe, func(s sched.Slot) bool { return s.Serial == running }))
}

// runs reports whether the worker is at this job.
func (w *worker) runs(j *Job) bool {
	return len(w.Pipe) > 0 && jobOf(&w.Pipe[w.inside()]) == j
}

// abandon is for a job in the pipe that nobody waits for any more. The lock is held.
func (w *worker) abandon(j *Job) {
	for _, s := range w.Pipe {
		if s.Job == &j.entry {
			w.board.unwanted(s.Serial)
			w.pool.call(hurrying)
		}
	}
}

// end kills a worker for the sake of a job that it is at. By now, and more so when it is dead, it may be at the next one,
// which must not suffer for that: hence the number. The lock is held.
func (w *worker) end(serial uint64) {
	if w.ended == 0 {
		w.pool.stats.Killed++
		w.ended = serial
		w.pool.sched.Retire(&w.Worker)
	}
	w.kill()
}

// endFor is end for a job in the pipe. The lock is held.
func (w *worker) endFor(j *Job) {
	for _, s := range w.Pipe {
		if s.Job == &j.entry {
			w.end(s.Serial)
		}
	}
}

// finish takes the oldest job out of the pipe. The lock is held.
func (w *worker) finish(took time.Duration) *Job {
	p := w.pool
	s := p.sched.Answer(&w.Worker)
	p.stats.RunTotal += took
	p.stats.RunMax = max(p.stats.RunMax, took)
	w.stats.Jobs++
	w.stats.Busy += took
	return jobOf(&s)
}

// errorOf says what the end of a worker means to the job in it.
func (w *worker) errorOf(err error, status int) *WorkerError {
	e := &WorkerError{Kind: ErrWorkerDied, PID: w.pid, Stderr: w.said.String()}
	if errors.Is(err, errTooLong) || errors.Is(err, wire.ErrFrame) {
		e.Kind = ErrGarbage
	}
	e.describe(status, w.pool.options.Memory > 0)
	return e
}
