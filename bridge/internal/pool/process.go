package pool

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// process is a process and our connections to it.
type process struct {
	*link
	pid    int
	handle *os.Process // by pidfd: never another process that has the number now
	parent *zygote     // nil for a first one
	wait   func() int  // for its end; its wait status, -1 if that cannot be known

	killing    sync.Once
	stderrTail tail
	exited     chan struct{} // closed when its standard error ended, that is when it is gone
}

func newProcess(l *link, pid int, parent *zygote, log *slog.Logger) *process {
	p := &process{link: l, pid: pid, parent: parent, exited: make(chan struct{})}
	if h, err := os.FindProcess(pid); err == nil {
		p.handle = h
	}
	if parent != nil {
		p.wait = func() int { return parent.waitPID(pid) }
	}
	go p.readStderr(log)
	return p
}

// readStderr takes what the process writes to its standard error, until it ends.
func (p *process) readStderr(log *slog.Logger) {
	defer close(p.exited)
	buf := make([]byte, 4096)
	for {
		n, err := p.stderr.Read(buf)
		if n > 0 {
			p.stderrTail.add(buf[:n])
			log.Warn(strings.TrimRight(string(buf[:n]), "\n"), "logger", "stderr", "worker", p.pid)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.drain(buf)
		}
		if err != nil {
			return
		}
	}
}

// drain takes what is there without waiting.
func (p *process) drain(buf []byte) {
	_ = p.stderr.SetReadDeadline(time.Time{})
	raw, err := p.stderr.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n := sys.ReadSome(fd, buf)
			if n <= 0 {
				return true
			}
			p.stderrTail.add(buf[:n])
		}
	})
}

// kill ends the process and what is in its group. It may be called at any time, any number of times.
func (p *process) kill() {
	p.killing.Do(func() {
		if p.handle != nil {
			_ = p.handle.Signal(syscall.SIGKILL)
		}
		// As long as its parent has not reaped it, the number of its group is nobody else's.
		if p.parent != nil && !p.parent.gone() {
			_ = sys.KillGroup(p.pid)
		}
		_ = p.lifeline.Close()
	})
}

// reap waits for the end of a process that was killed or is leaving, frees what it held, and returns its wait status,
// -1 where that cannot be known.
func (p *process) reap() int {
	status := p.wait()
	if status < 0 {
		p.kill()
	}
	_ = p.stderr.SetReadDeadline(time.Now().Add(time.Second)) // somebody else may hold the other end
	<-p.exited
	if status < 0 && os.Getpid() == 1 {
		// In a container whose first process we are, orphans are ours to take.
		if taken, ok := sys.Reap(p.pid); ok {
			status = taken
		}
	}
	p.close()
	if p.handle != nil {
		_ = p.handle.Release()
	}
	return status
}

// tail keeps the end of a text.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

func (t *tail) add(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.buf), ""))
}
