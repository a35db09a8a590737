package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// NoWorkerError is a call that could not be served because no worker process lived that might serve it and none could
// be made. Making one is tried again by itself, with growing pauses of up to 5 seconds.
type NoWorkerError struct {
	Err      error // why the last attempt failed, such as syscall.EMFILE or syscall.EAGAIN in what it wraps
	Attempts int   // that have failed in a row
}

func (e *NoWorkerError) Error() string {
	return fmt.Sprintf("%v: %v: %s", ErrNoWorker, e.Err, e.Hint())
}

// Unwrap returns ErrNoWorker and Err.
func (e *NoWorkerError) Unwrap() []error { return []error{ErrNoWorker, e.Err} }

// Retryable is true: what stands in the way may be gone a moment later.
func (e *NoWorkerError) Retryable() bool { return true }

// Hint is the way out.
func (e *NoWorkerError) Hint() string {
	for _, known := range []struct {
		errno syscall.Errno
		hint  string
	}{
		{syscall.EMFILE, "raise the limit of open files (ulimit -n), or find what keeps them open"},
		{syscall.ENFILE, "the system has no more open files to give (fs.file-max)"},
		{syscall.EAGAIN, "raise the limit of processes (ulimit -u, the pids limit of the container), or end some"},
		{syscall.ENOMEM, "give the system or the container more memory, or open with fewer workers"},
		{syscall.EPERM, "the sandbox forbids a system call that workers need: memfd_create, socketpair, pipe2, clone, mmap"},
		{syscall.EACCES, "the sandbox forbids a system call that workers need: memfd_create, socketpair, pipe2, clone, mmap"},
		{syscall.ENOSYS, "the sandbox or the kernel has no such system call; workers need Linux 3.17 or later"},
		{syscall.ENOENT, "a file of the Python environment is gone: run mtok doctor"},
	} {
		if errors.Is(e.Err, known.errno) {
			return known.hint
		}
	}
	return "it is tried again by itself; mtok doctor looks at the environment"
}

// noWorker is why no worker can be made. The lock is held.
func (p *Pool) noWorker() error {
	return &NoWorkerError{Err: p.lastFailure, Attempts: p.sched.Failures()}
}

// spawnFailed counts an attempt to make a worker that has failed, and fails the calls that waited for it. The lock is held.
func (p *Pool) spawnFailed(err error) {
	if p.stopping {
		return
	}
	p.stats.Unmade++
	p.sched.SpawnFailed(time.Now())
	p.lastFailure = err
	p.options.Log.Warn("a worker process cannot be made", "error", p.noWorker(), "in a row", p.sched.Failures(),
		"alive", p.sched.Accepting(), "wanted", p.options.Workers)
	p.failHopeless()
}

// workerReady is called when a worker is ready. The lock is held.
func (p *Pool) workerReady(w *worker) {
	if failures := p.sched.SpawnSucceeded(&w.Worker); failures > 0 {
		p.options.Log.Info("a worker process has been made again", "failures", failures)
		p.wakeSupervisor() // there may be more to make
	}
}

// failHopeless fails the jobs that no worker can run while none can be made. The lock is held.
func (p *Pool) failHopeless() {
	if !p.sched.Failing() {
		return
	}
	for _, j := range p.queuedJobs() {
		if p.sched.Hopeless(&j.entry) {
			p.resolve(j, wire.Reply{}, p.noWorker())
		}
	}
}

// canServe reports whether for each handle that is open there is a worker that lives and can serve it. The lock is held.
func (p *Pool) canServe() bool {
	for _, x := range p.handles {
		if x.lost == nil && !p.sched.CanServe(&sched.Job{Object: x, MinGeneration: p.minGeneration}) {
			return false
		}
	}
	return p.sched.CanServe(&sched.Job{MinGeneration: p.minGeneration})
}

// ensureForControl is ensureLocked for a control job, with the error that such a job gets. While no process can be made it
// does not try by itself, but leaves that to the supervisor. zygoteMu is held.
func (p *Pool) ensureForControl() (*zygote, error) {
	p.mu.Lock()
	refused := p.sched.Failing() && time.Now().Before(p.sched.Retry()) && (p.zygote == nil || p.zygote.gone())
	failure := p.noWorker()
	p.mu.Unlock()
	if refused {
		return nil, failure
	}
	z, err := p.ensureLocked()
	if err == nil || errors.Is(err, ErrClosed) {
		return z, err
	}
	p.mu.Lock()
	defer p.unlock()
	p.spawnFailed(err)
	p.workersWanted = true // so that it is tried again
	p.wakeSupervisor()
	return nil, p.noWorker()
}
