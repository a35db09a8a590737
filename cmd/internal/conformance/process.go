package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is one run of a program: a line goes in, a line comes out.
type process struct {
	cmd     *exec.Cmd
	in, out *os.File // our ends of its pipes
	reader  *bufio.Reader
	stderr  *tail
	maxLine int
}

func start(c Command) (*process, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	defer theirOut.Close()
	p := &process{in: in, out: out, reader: bufio.NewReaderSize(out, 64<<10), stderr: &tail{}, maxLine: c.MaxLine}
	p.cmd = exec.Command("sh", "-c", c.Line)
	p.cmd.Dir, p.cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirIn, theirOut, p.stderr
	// A group of its own, so that what the shell starts ends with it.
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		_, _ = in.Close(), out.Close()
		return nil, &FaultError{Crash, err.Error()}
	}
	return p, nil
}

// ask sends a line and returns the next one. Errors: *FaultError, after which the process
// is of no use, and that of ctx.
func (p *process) ask(ctx context.Context, line []byte, limit time.Duration) ([]byte, error) {
	until := time.Now().Add(limit)
	_, _ = p.in.SetWriteDeadline(until), p.out.SetReadDeadline(until)
	stop := context.AfterFunc(ctx, func() {
		_, _ = p.in.SetWriteDeadline(time.Unix(1, 0)), p.out.SetReadDeadline(time.Unix(1, 0))
	})
	defer stop()
	_, err := p.in.Write(append(line, '\n'))
	var answer []byte
	if err == nil {
		answer, err = p.readLine()
	}
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &FaultError{Timeout, fmt.Sprintf("no answer in %v%s", limit, p.stderr)}
	case errors.As(err, new(*FaultError)):
		return nil, err
	}
	return nil, &FaultError{Crash, p.end(ending) + p.stderr.String()}
}

func (p *process) readLine() ([]byte, error) {
	var line []byte
	for {
		part, err := p.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > p.maxLine:
			return nil, garbage("a line of more than %d bytes", p.maxLine)
		}
	}
}

// How long a process may take to end by itself.
const (
	closing = 300 * time.Millisecond // when its input has ended
	ending  = 10 * time.Second       // when it has closed its output: its exit code says more than a signal
)

// end ends the process and everything in its group, and returns how it ended.
func (p *process) end(patience time.Duration) string {
	_ = p.in.Close()
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	var err error
	select {
	case err = <-done:
	case <-time.After(patience):
		killGroup(p.cmd.Process)
		err = <-done
	}
	// What it left behind in its group goes too.
	killGroup(p.cmd.Process)
	_ = p.out.Close()
	if err == nil {
		return "it ended"
	}
	return "it ended: " + err.Error()
}

// tail keeps the last of what a program says on stderr.
type tail struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - 1000; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// String is for the end of a message.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ToValidUTF8(strings.TrimSpace(string(t.text)), "�")
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "; stderr: " + strings.Join(lines[max(0, len(lines)-3):], " / ")
}
