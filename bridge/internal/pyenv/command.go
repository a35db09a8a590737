package pyenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// outputLimit is more than any honest answer; a program that prints without end
// must not fill our memory.
const outputLimit = 4 << 20

type command struct {
	path    string
	args    []string
	environ []string
	line    func(string) // called for each line of standard output, if set
	inherit []*os.File   // kept open in the child
}

type output struct{ stdout, stderr []byte }

// text is what a person should see of it: the end of both streams.
func (o output) text() string {
	const limit = 4000
	text := strings.TrimSpace(string(o.stderr))
	if out := strings.TrimSpace(string(o.stdout)); out != "" {
		text = strings.TrimSpace(out + "\n" + text)
	}
	if len(text) > limit {
		text = "…" + strings.ToValidUTF8(text[len(text)-limit:], "")
	}
	return text
}

// run starts the command in a process group of its own and kills the whole group
// when ctx ends: a shim or a shell script may have children that hold our pipes. Where
// the system can do it, the command dies with this process, however that ends: a pip
// that went on would fetch and write for nobody.
func run(ctx context.Context, c command) (output, error) {
	const tries = 20
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return output{}, err
		}
		out, err := runOnce(ctx, c)
		// A program that was just written looks busy while a child that another
		// goroutine is starting still holds a copy of our file descriptors.
		if !errors.Is(err, syscall.ETXTBSY) || try == tries {
			return out, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func runOnce(ctx context.Context, c command) (output, error) {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = c.environ
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.ExtraFiles = c.inherit
	cmd.SysProcAttr = sys.OwnGroup()
	dieWithUs(cmd.SysProcAttr)
	// The signal comes when the thread ends that started the child, not the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return sys.KillGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 2 * time.Second
	stdout, stderr := &tail{}, &tail{}
	cmd.Stdout, cmd.Stderr = io.Writer(stdout), stderr
	if c.line != nil {
		cmd.Stdout = io.MultiWriter(stdout, &lines{emit: c.line})
	}
	err := cmd.Run()
	out := output{stdout.Bytes(), stderr.Bytes()}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w", c.path, err)
	}
	return out, nil
}

// tail keeps the last outputLimit bytes, or a little more.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	if t.Len()+len(p) > 2*outputLimit {
		t.Next(max(0, t.Len()-outputLimit))
	}
	return t.Buffer.Write(p)
}

// lines cuts a stream into lines.
type lines struct {
	emit func(string)
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		at := bytes.IndexByte(l.rest, '\n')
		if at < 0 {
			if len(l.rest) > 64<<10 {
				l.rest = nil
			}
			return len(p), nil
		}
		l.emit(strings.TrimRight(string(l.rest[:at]), "\r"))
		l.rest = l.rest[at+1:]
	}
}
