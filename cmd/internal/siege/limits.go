//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// shipped are the settings and the memory of the manifests.
func shipped(base string) (env []string, body int, memory int64, err error) {
	text, err := os.ReadFile(filepath.Join(base, "mtok.env"))
	if err != nil {
		return nil, 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		env = append(env, line)
		if n, ok := strings.CutPrefix(line, "MTOK_SERVE_MAX_BODY="); ok {
			if body, err = strconv.Atoi(n); err != nil {
				return nil, 0, 0, err
			}
		}
	}
	text, err = os.ReadFile(filepath.Join(base, "deployment.yaml"))
	if err != nil {
		return nil, 0, 0, err
	}
	found := regexp.MustCompile(`limits:\s+memory: (\d+)Gi`).FindSubmatch(text)
	if found == nil || body == 0 {
		return nil, 0, 0, errors.New("the manifests say no memory, or no largest body")
	}
	memory, err = strconv.ParseInt(string(found[1]), 10, 64)
	return env, body, memory << 30, err
}

func limits(ctx context.Context, s settings) error {
	env, body, memory, err := shipped(s.base)
	if err != nil {
		return err
	}
	box, err := newCgroup(memory)
	if err != nil {
		return fmt.Errorf("no memory cgroup can be made, as root can where the file system of cgroups is writable: %w", err)
	}
	dir, err := os.MkdirTemp("", "siege")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := start(ctx, s.mtok, env, box, dir)
	if err != nil {
		return errors.Join(err, box.remove())
	}
	err = p.sendAll(ctx, box, body, s.rounds)
	if serr := p.stop(); serr != nil {
		err = errors.Join(err, fmt.Errorf("its end: %w", serr))
	}
	return errors.Join(err, box.remove())
}

// sendAll sends each request alone, and then all of them at once, beside honest ones.
func (p *process) sendAll(ctx context.Context, box *cgroup, body, rounds int) error {
	conn, err := dial(p.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	all := append(heaviest(client(), conn, p.address, body), posting(client(), p.address, "beyond", "/tokenize", strings.Repeat(" ", body+1)))
	before, err := box.held()
	if err != nil {
		return err
	}
	fmt.Printf("%d MiB of memory; %d MB held without requests; bodies of %d MiB\n", box.limit>>20, before/1e6, body>>20)
	honest := p.beside(ctx)
	most := box.watch(ctx)
	var a answers
	// What was freed by one is there for the next: a round for warmth, alone.
	var peak int64
	for _, r := range all {
		a.one(ctx, r)
		if now := most(); now > peak {
			peak = now
			fmt.Printf("  %s: %d MB held\n", r.name, peak/1e6)
		}
	}
	fmt.Printf("each alone: at most %d MB held, statuses %v\n", peak/1e6, a.take())
	var group sync.WaitGroup
	for range rounds {
		for _, r := range all {
			group.Go(func() { a.again(ctx, r) })
		}
	}
	group.Wait()
	errs := a.errs
	answered, failures := honest()
	errs = append(errs, failures...)
	if answered == 0 {
		errs = append(errs, errors.New("no small request was answered beside the large ones"))
	}
	held := most()
	if peak, err = box.peak(); err != nil {
		errs = append(errs, err)
	}
	ended, err := box.ended()
	if err != nil || ended > 0 {
		errs = append(errs, fmt.Errorf("%d processes were ended for want of memory: %w", ended, errors.Join(err, errors.New("the limits do not fit"))))
	}
	if peak >= box.limit {
		errs = append(errs, fmt.Errorf("the peak of %d bytes reached the limit", peak))
	}
	after, err := p.awaitFreed(ctx, box, before)
	errs = append(errs, err)
	for _, pid := range session(p.cmd.Process.Pid) {
		fmt.Printf("  process %d: %d MB\n", pid, pss(fmt.Sprintf("/proc/%d", pid))/1e6)
	}
	fmt.Printf("%d at once: at most %d MB held, %d MB with files, statuses %v, %d times tried again; %d small requests answered beside; %d MB held afterwards\n",
		rounds*len(all), held/1e6, peak/1e6, a.take(), a.refused, answered, after/1e6)
	return errors.Join(errs...)
}

// awaitFreed waits until memory has come back, to less than a quarter of the limit: allocators keep some, of each worker's too.
func (p *process) awaitFreed(ctx context.Context, box *cgroup, before int64) (after int64, err error) {
	for range 60 {
		if after, err = box.held(); err != nil || after < box.limit/4 {
			return after, err
		}
		select {
		case <-ctx.Done():
			return after, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return after, fmt.Errorf("%d bytes are held a minute after the last request, %d were before the first", after, before)
}

// beside asks small requests until the function that it returns is called, which returns how many were answered.
func (p *process) beside(ctx context.Context) func() (int64, []error) {
	ctx, cancel := context.WithCancel(ctx)
	var answered atomic.Int64
	var errs []error
	done := make(chan struct{})
	go func() {
		defer close(done)
		c := &http.Client{Timeout: hang}
		for ctx.Err() == nil {
			status, _, err := ask(ctx, c, p.address, "POST", "/tokenize", []byte(`{"prompt":"Hello, world!"}`))
			switch {
			case err == nil && status == 200:
				answered.Add(1)
			case ctx.Err() == nil && status != 503: // 503: its worker ended
				errs = append(errs, fmt.Errorf("a small request: status %d: %w", status, errors.Join(err, errors.New("not answered"))))
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return func() (int64, []error) {
		cancel()
		<-done
		return answered.Load(), errs
	}
}
