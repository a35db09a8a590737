package pool

import (
	"errors"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// worker is a process that runs jobs, one at a time, in the order in which it gets them.
type worker struct {
	*process
	pool   *Pool
	zygote *zygote
	board  board
	raw    *rawConn
	out    outgoing

	// Guarded by the pool's lock.
	pipe    []slot // what it has not answered, oldest first
	serial  uint64 // of the last one it was given
	born    bool   // it has said that it is ready for jobs, which it may have been given before
	leaving bool   // it is to go, and its end is no crash
	ended   uint64 // the number of the job for whose sake it was killed
	gone    bool   // it is buried
	slow    bool   // it is at one job for longer than others should wait behind it
	began   time.Time
	watch   watch
	stats   WorkerStats
}

// slot is a job that a worker was given. job is nil when the answer is nobody's any more.
type slot struct {
	job    *Job
	serial uint64
	cost   time.Duration
	large  bool
}

func (p *Pool) newWorker(z *zygote, proc *process, b board, raw *rawConn) *worker {
	w := &worker{process: proc, pool: p, zygote: z, board: b, raw: raw, pipe: make([]slot, 0, depth)}
	w.stats = WorkerStats{PID: proc.pid, Started: time.Now()}
	return w
}

// inside is the place in the pipe of the job that the worker is at: one that it has begun, or will next.
func (w *worker) inside() int {
	running := w.board.running()
	return max(0, slices.IndexFunc(w.pipe, func(s slot) bool { return s.serial == running }))
}

// runs reports whether the worker is at this job.
func (w *worker) runs(j *Job) bool {
	return len(w.pipe) > 0 && w.pipe[w.inside()].job == j
}

// abandon is for a job in the pipe that nobody waits for any more. The lock is held.
func (w *worker) abandon(j *Job) {
	for _, s := range w.pipe {
		if s.job == j {
			w.board.unwanted(s.serial)
			w.pool.call(hurrying)
		}
	}
}

// end kills a worker for the sake of a job that it is at. By now, and more so when it is dead, it may be at the next one,
// which must not suffer for that: hence the number. The lock is held.
func (w *worker) end(serial uint64) {
	if w.ended == 0 {
		w.pool.stats.Killed++
		w.ended, w.leaving = serial, true
	}
	w.kill()
}

// endFor is end for a job in the pipe. The lock is held.
func (w *worker) endFor(j *Job) {
	for _, s := range w.pipe {
		if s.job == j {
			w.end(s.serial)
		}
	}
}

// finish takes the oldest job out of the pipe. The lock is held.
func (w *worker) finish(took time.Duration) *Job {
	s := w.pipe[0]
	w.pipe = slices.Delete(w.pipe, 0, 1)
	p := w.pool
	p.stats.RunTotal += took
	p.stats.RunMax = max(p.stats.RunMax, took)
	w.stats.Jobs++
	w.stats.Busy += took
	if s.large {
		p.largeRunning--
	}
	return s.job
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
