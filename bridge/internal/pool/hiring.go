package pool

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

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

// hiring is how the making of workers has fared since the last one that came to be. Guarded by the pool's lock.
type hiring struct {
	failures int // in a row
	last     error
	next     time.Time // when it may be tried again
}

// patience is how many attempts to make a worker may fail before calls that have none are refused: one, and its retry.
const patience = 2

func (h *hiring) hopeless() bool { return h.failures >= patience }

func (h *hiring) failure() error { return &NoWorkerError{Err: h.last, Attempts: h.failures} }

// notHired counts an attempt to make a worker that has failed, and refuses the calls that waited for it. The lock is held.
func (p *Pool) notHired(err error) {
	if p.stopping {
		return
	}
	h := &p.hiring
	p.stats.Unmade++
	h.failures++
	h.last = err
	h.next = time.Now().Add(min(backoffMin<<min(h.failures-1, 16), backoffMax))
	p.options.Log.Warn("a worker process cannot be made", "error", h.failure(), "in a row", h.failures,
		"alive", p.alive(), "wanted", p.options.Workers)
	p.refuse()
}

// hired is told of a worker that is ready. The lock is held.
func (p *Pool) hired() {
	if p.hiring.failures == 0 {
		return
	}
	p.options.Log.Info("a worker process has been made again", "failures", p.hiring.failures)
	p.hiring = hiring{}
	p.poke() // there may be more to make
}

// tryAnew makes the first attempt after the end of the last worker that lived at once: until it fails, what is known of
// earlier ones is no reason to refuse calls. The lock is held.
func (p *Pool) tryAnew() {
	if h := &p.hiring; h.failures > 0 && p.alive() == 0 {
		h.failures, h.next = patience-1, time.Time{}
	}
	p.refuse()
}

// refuse settles the jobs that no worker can run while none can be made. The lock is held.
func (p *Pool) refuse() {
	if !p.hiring.hopeless() {
		return
	}
	for _, j := range slices.Clone(p.queue) {
		if p.hopeless(j) {
			p.settle(j, wire.Reply{}, p.hiring.failure())
		}
	}
}

// hopeless reports whether no worker that lives can run a job, and none can be made. The lock is held.
func (p *Pool) hopeless(j *Job) bool {
	return p.hiring.hopeless() && !slices.ContainsFunc(p.crew, func(w *worker) bool { return !w.leaving && w.can(j) })
}

// can reports whether a worker has what a job is about. The lock is held.
func (w *worker) can(j *Job) bool {
	return (j.object == nil || w.zygote.known[j.object] != 0) && w.zygote.seq >= j.least
}

// alive is how many workers take jobs. The lock is held.
func (p *Pool) alive() (n int) {
	for _, w := range p.crew {
		if !w.leaving {
			n++
		}
	}
	return n
}

// able reports whether for each handle that is open there is a worker that lives and can serve it. The lock is held.
func (p *Pool) able() bool {
	serves := func(x *object) bool {
		return slices.ContainsFunc(p.crew, func(w *worker) bool {
			return !w.leaving && w.zygote.seq >= p.least && (x == nil || w.zygote.known[x] != 0)
		})
	}
	for _, x := range p.handles {
		if x.lost == nil && !serves(x) {
			return false
		}
	}
	return serves(nil)
}

// parent is ensured for a job of the registrar, with the error that such a job gets. While no process can be made it
// does not try on its own account, but leaves that to the keeper. The lineage is held.
func (p *Pool) parent() (*zygote, error) {
	p.mu.Lock()
	h := p.hiring
	refused := h.hopeless() && time.Now().Before(h.next) && (p.zygote == nil || p.zygote.gone())
	p.mu.Unlock()
	if refused {
		return nil, h.failure()
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
	return nil, p.hiring.failure()
}
