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

// notHired counts an attempt to make a worker that has failed, and refuses the calls that waited for it. The lock is held.
func (p *Pool) notHired(err error) {
	if p.stopping {
		return
	}
	p.stats.Unmade++
	p.sched.NotMade(time.Now())
	p.lastFailure = err
	p.options.Log.Warn("a worker process cannot be made", "error", p.noWorker(), "in a row", p.sched.Failures(),
		"alive", p.sched.Alive(), "wanted", p.options.Workers)
	p.refuse()
}

// hired is told of a worker that is ready. The lock is held.
func (p *Pool) hired(w *worker) {
	if failures := p.sched.Made(&w.Worker); failures > 0 {
		p.options.Log.Info("a worker process has been made again", "failures", failures)
		p.poke() // there may be more to make
	}
}

// refuse settles the jobs that no worker can run while none can be made. The lock is held.
func (p *Pool) refuse() {
	if !p.sched.Failing() {
		return
	}
	for _, j := range p.waiting() {
		if p.sched.Hopeless(&j.entry) {
			p.settle(j, wire.Reply{}, p.noWorker())
		}
	}
}

// able reports whether for each handle that is open there is a worker that lives and can serve it. The lock is held.
func (p *Pool) able() bool {
	for _, x := range p.handles {
		if x.lost == nil && !p.sched.Served(&sched.Job{Object: x, Least: p.least}) {
			return false
		}
	}
	return p.sched.Served(&sched.Job{Least: p.least})
}

// parent is ensured for a job of the registrar, with the error that such a job gets. While no process can be made it
// does not try on its own account, but leaves that to the keeper. The lineage is held.
func (p *Pool) parent() (*zygote, error) {
	p.mu.Lock()
	refused := p.sched.Failing() && time.Now().Before(p.sched.Retry()) && (p.zygote == nil || p.zygote.gone())
	failure := p.noWorker()
	p.mu.Unlock()
	if refused {
		return nil, failure
	}
	z, err := p.ensured()
	if err == nil || errors.Is(err, ErrClosed) {
		return z, err
	}
	p.mu.Lock()
	defer p.unlock()
	p.notHired(err)
	p.wanted = true // so that it is tried again
	p.poke()
	return nil, p.noWorker()
}
