//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// state is what a server holds, with its workers.
type state struct {
	memory      int64 // bytes that are theirs, in proportion where they share them
	descriptors int
	threads     int
	goroutines  int
	workers     int
}

func (s state) String() string {
	return fmt.Sprintf("%d MB, %d descriptors, %d threads, %d goroutines, %d workers", s.memory/1e6, s.descriptors, s.threads, s.goroutines, s.workers)
}

// against reports what has grown. Of memory a tenth and 16 MB are no growth: pools and allocators breathe.
func (s state) against(before state) error {
	const breath = 16 << 20
	switch {
	case s.memory > before.memory+before.memory/10+breath, s.descriptors > before.descriptors+8,
		s.threads > before.threads+8, s.goroutines > before.goroutines+16, s.workers != before.workers:
		return fmt.Errorf("it has grown: %v, before that %v", s, before)
	}
	return nil
}

// rest is the state with nothing to do, once it does not shrink any more.
func (p *process) rest(ctx context.Context, c *http.Client) (least state, err error) {
	c.CloseIdleConnections()
	for i := range 10 {
		// pprof's heap page collects garbage when it is asked to.
		if _, err := get(ctx, p.debugging, "/debug/pprof/heap?gc=1"); err != nil {
			return state{}, err
		}
		now, err := p.state(ctx)
		if err != nil {
			return state{}, err
		}
		if i == 0 {
			least = now
		}
		least.memory, least.descriptors = min(least.memory, now.memory), min(least.descriptors, now.descriptors)
		least.threads, least.goroutines, least.workers = min(least.threads, now.threads), min(least.goroutines, now.goroutines), now.workers
		select {
		case <-ctx.Done():
			return state{}, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return least, nil
}

func (p *process) state(ctx context.Context) (s state, err error) {
	text, err := get(ctx, p.debugging, "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return s, err
	}
	if _, err := fmt.Sscanf(string(text), "goroutine profile: total %d", &s.goroutines); err != nil {
		return s, err
	}
	for _, pid := range session(p.cmd.Process.Pid) {
		dir := fmt.Sprintf("/proc/%d", pid)
		fds, _ := os.ReadDir(dir + "/fd")
		threads, _ := os.ReadDir(dir + "/task")
		s.descriptors += len(fds)
		s.threads += len(threads)
		s.memory += pss(dir)
		s.workers++
	}
	s.workers-- // the server itself
	return s, nil
}

// pss is the memory of a process, what it shares in proportion.
func pss(dir string) int64 {
	text, _ := os.ReadFile(dir + "/smaps_rollup")
	_, rest, _ := bytes.Cut(text, []byte("\nPss:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kb, _ := strconv.ParseInt(strings.TrimSpace(string(line)), 10, 64)
	return kb << 10
}

// session are the processes of the session that a process leads. Not those below it: a worker's parent may have ended.
func session(leader int) (found []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		_, rest, _ := bytes.Cut(text, []byte(") "))
		fields := strings.Fields(string(rest)) // from the state on: the session is the fourth
		if len(fields) > 3 && fields[3] == strconv.Itoa(leader) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			found = append(found, pid)
		}
	}
	return found
}

func get(ctx context.Context, address, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
