package loadtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Command is a server that can be started.
type Command struct {
	Name   string
	Args   []string // of the program too; {port} is where it is to listen
	Env    []string
	Health string // the path that is requested under load; below 400 is healthy
	Ready  string // the path that answers below 400 once the server is ready; empty: Health
	Routes []string
	Apart  bool // it has a tokenizer of its own: other tokens, or none for a large text, are reported and fail nothing
}

// Process is a server that runs. One goroutine uses it.
type Process struct {
	Target
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// Start starts a server, which writes its log to a file in dir, and waits until it is ready. Errors: it cannot be
// started, ends, or is not ready in time, with the last lines of its log; that of ctx.
func Start(ctx context.Context, c Command, port, dir string, limit time.Duration) (*Process, error) {
	if taken, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		_ = taken.Close()
		return nil, fmt.Errorf("port %s is taken", port) // and its owner would answer in the server's place
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = strings.ReplaceAll(a, "{port}", port)
	}
	// A file, not a pipe: nobody here has to read while something is measured.
	log, err := os.Create(filepath.Join(dir, strings.Map(plain, c.Name)+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &Process{cmd: exec.Command(args[0], args[1:]...), log: log.Name(), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), c.Env...), log, log
	// A session of its own, by which what it starts is known to be its.
	p.cmd.SysProcAttr = ownSession()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.Target = Target{Name: c.Name, Address: Address("127.0.0.1:" + port), Health: c.Health, PID: p.cmd.Process.Pid}
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	if err := p.ready(ctx, cmp.Or(c.Ready, c.Health), limit); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Process) ready(ctx context.Context, path string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	raw := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, p.Address.host())
	c := newConn(p.Address)
	defer c.close()
	for {
		status, _, err := c.do(ctx, raw)
		select {
		case <-time.After(50 * time.Millisecond):
			// And it has not ended meanwhile: then another has taken the port, and answered.
			if err == nil && status < 400 {
				return nil
			}
		case <-p.ended:
			return fmt.Errorf("it ended: %s; its log: %s", p.cmd.ProcessState, p.last())
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("it was not ready within %v; its log: %s", limit, p.last())
			}
			return ctx.Err()
		}
	}
}

// Stop asks the server to end, and ends it and all it has started if it does not within 10 seconds.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	for _, pid := range tree(p.PID)[1:] {
		_ = kill(pid)
	}
}

// last returns the last lines of the log.
func (p *Process) last() string {
	text, _ := os.ReadFile(p.log)
	text = bytes.ToValidUTF8(bytes.TrimSpace(text[max(0, len(text)-1000):]), []byte("�"))
	lines := strings.Split(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " / ")
}

// freePorts are ports that nobody has now, each another. A program that takes one before its server does is found out:
// the server says so, and ends.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // not before all are there: it would be given again
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func plain(r rune) rune {
	if r < 128 && (r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z') {
		return r
	}
	return '-'
}
