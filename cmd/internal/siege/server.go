//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startLimit is for Python to start and the model to be loaded.
const startLimit = 5 * time.Minute

// process is a server that runs.
type process struct {
	cmd       *exec.Cmd
	address   string
	debugging string
	log       string
	ended     chan error
}

// start starts mtok serve with the settings of env besides, in a cgroup if there is one, and waits until it is ready.
func start(ctx context.Context, mtok string, env []string, in *cgroup, dir string) (*process, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	p := &process{address: ports[0], debugging: ports[1], log: filepath.Join(dir, "serve.log"), ended: make(chan error, 1)}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	mtok, err = filepath.Abs(mtok)
	if err != nil {
		return nil, err
	}
	p.cmd = exec.Command(mtok, "serve")
	if in != nil {
		// It is in before it is anything: what comes later in would not count.
		p.cmd = exec.Command("/bin/sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$1" serve`, in.dir, mtok)
	}
	p.cmd.Env = append(clean(os.Environ()), env...)
	p.cmd.Env = append(p.cmd.Env, "MTOK_SERVE_ADDR="+p.address, "MTOK_SERVE_DEBUG_ADDR="+p.debugging)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	if err := p.ready(ctx); err != nil {
		p.kill()
		text, _ := os.ReadFile(p.log)
		return nil, fmt.Errorf("%w; its log: %s", err, text[max(0, len(text)-1000):])
	}
	return p, nil
}

// clean leaves out the caller's own settings.
func clean(env []string) (out []string) {
	for _, pair := range env {
		if !strings.HasPrefix(pair, "MTOK_SERVE_") {
			out = append(out, pair)
		}
	}
	return out
}

func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if status, _, err := ask(ctx, http.DefaultClient, p.address, "GET", "/readyz", nil); err == nil && status == 200 {
			return nil
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("it ended: %w", errors.Join(err, errors.New("before it was ready")))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop asks the server to end, and returns how it did.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		p.ended <- err
		return err
	case <-time.After(time.Minute):
		p.kill()
		return errors.New("it did not end within a minute")
	}
}

// kill ends the server, whose workers end with it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	err := <-p.ended
	p.ended <- err
}

// freePorts are addresses that nobody listens on now.
func freePorts(n int) (all []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // not before all are there
		all = append(all, l.Addr().String())
	}
	return all, nil
}
