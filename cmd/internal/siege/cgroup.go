//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// cgroup is a memory cgroup below the one that this process is in. Its limit ends what is in it, as in a pod.
type cgroup struct {
	dir   string
	v2    bool
	limit int64
}

// newCgroup makes one. It fails where this user may not, or where the machine has none.
func newCgroup(limit int64) (*cgroup, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	c := &cgroup{limit: limit}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && parts[1] == "memory" {
			c.dir, c.v2 = filepath.Join("/sys/fs/cgroup/memory", parts[2]), false
			break
		}
		if len(parts) == 3 && parts[0] == "0" {
			c.dir, c.v2 = filepath.Join("/sys/fs/cgroup", parts[2]), true
		}
	}
	c.dir = filepath.Join(c.dir, fmt.Sprintf("mtok-siege-%d", os.Getpid()))
	if err := os.Mkdir(c.dir, 0o750); err != nil {
		return nil, err
	}
	file := "memory.limit_in_bytes"
	if c.v2 {
		file = "memory.max"
	}
	if err := c.write(file, strconv.FormatInt(limit, 10)); err != nil {
		_ = os.Remove(c.dir)
		return nil, err
	}
	if c.v2 {
		_ = c.write("memory.swap.max", "0")
	}
	return c, nil
}

func (c *cgroup) write(file, text string) error {
	return os.WriteFile(filepath.Join(c.dir, file), []byte(text), 0o600)
}

// number is what stands in a file, behind a word if the file has several.
func (c *cgroup) number(file, word string) (int64, error) {
	text, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		return 0, err
	}
	if word != "" {
		_, rest, ok := bytes.Cut(append([]byte("\n"), text...), []byte("\n"+word+" "))
		if !ok {
			return 0, fmt.Errorf("%s has no %s", file, word)
		}
		text, _, _ = bytes.Cut(rest, []byte("\n"))
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// peak is the most that was in use, with what the kernel could have taken back.
func (c *cgroup) peak() (int64, error) {
	if c.v2 {
		return c.number("memory.peak", "")
	}
	return c.number("memory.max_usage_in_bytes", "")
}

// held is what programs have in use now, without files that the kernel keeps.
func (c *cgroup) held() (int64, error) {
	if c.v2 {
		return c.number("memory.stat", "anon")
	}
	return c.number("memory.stat", "rss")
}

// watch looks at what is held until ctx ends, and gives the most of it that it has seen so far. The kernel's own peak has
// files in it, which it gives up where memory is wanted.
func (c *cgroup) watch(ctx context.Context) (most func() int64) {
	var seen atomic.Int64
	look := func() int64 {
		if now, err := c.held(); err == nil && now > seen.Load() {
			seen.Store(now)
		}
		return seen.Load()
	}
	go func() {
		for ctx.Err() == nil {
			look()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return look
}

// ended is how many processes were ended for want of memory.
func (c *cgroup) ended() (int64, error) {
	if c.v2 {
		return c.number("memory.events", "oom_kill")
	}
	return c.number("memory.oom_control", "oom_kill")
}

// remove takes it away again; the processes in it have ended.
func (c *cgroup) remove() error {
	var err error
	for range 50 { // the kernel may still be at it
		if err = os.Remove(c.dir); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}
