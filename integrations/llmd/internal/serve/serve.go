// Package serve runs mtok serve, as a process, for the tests and the figures.
package serve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
)

// Build builds the mtok of the repository around this module into a directory.
func Build(ctx context.Context, repository, dir string) (string, error) {
	path, err := filepath.Abs(filepath.Join(dir, "mtok"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/mtok")
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
}

// Server is a process that serves.
type Server struct {
	URL string
	cmd *exec.Cmd
	log sync.WaitGroup
}

var listening = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)

// Start starts mtok serve on a free port and waits until it is ready, or has ended.
func Start(ctx context.Context, mtok string, args ...string) (*Server, error) {
	s := &Server{cmd: exec.CommandContext(ctx, mtok, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)}
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 2)
	s.log.Go(func() {
		var said bytes.Buffer
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if s.URL == "" {
				s.URL = listening.FindString(lines.Text())
			}
			if bytes.HasPrefix(lines.Bytes(), []byte("mtok: ready")) {
				ready <- nil
				break
			}
			said.WriteString(lines.Text() + "\n")
		}
		ready <- errors.New(said.String())
		for lines.Scan() { // what it logs must not stop it
		}
	})
	if err := <-ready; err != nil {
		s.Stop()
		return nil, fmt.Errorf("mtok serve: %w", err)
	}
	return s, nil
}

// Pid is the process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Stop ends it.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	s.log.Wait()
	_ = s.cmd.Wait()
}
