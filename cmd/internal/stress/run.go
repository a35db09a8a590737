//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// grace is what a run gets beyond its limit to say where it hangs, and a busy loop to be ended.
const grace = 2 * time.Minute

// run runs a suite once, beside busy loops, and ends whatever it leaves behind. Errors: it cannot be started.
func run(ctx context.Context, s settings, u suite, on []int, round int) (verdict, error) {
	file := fmt.Sprintf("%s-%dcpu-%d.log", strings.Map(plain, u.name), len(on), round)
	log, err := os.Create(filepath.Join(s.dir, file))
	if err != nil {
		return verdict{}, err
	}
	defer log.Close()
	for range s.loops * len(on) {
		loop := exec.Command("/proc/self/exe", busyArg)
		loop.Env = append(os.Environ(), busyLimit+"="+(s.limit+grace).String())
		if err := start(loop, on, s.nice); err != nil {
			return verdict{}, err
		}
		defer end(loop)
	}
	args := append([]string{"-test.paniconexit0", "-test.timeout=" + s.limit.String()}, u.args...)
	if s.match != "" {
		args = append(args, "-test.run="+s.match)
	}
	c := exec.Command(u.binary, args...)
	c.Dir, c.Env = u.dir, append(append(os.Environ(), "PWD="+u.dir), u.env...)
	c.Stdout, c.Stderr = log, log
	begun := time.Now()
	if err := start(c, on, 0); err != nil {
		return verdict{}, err
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-over:
		case <-ctx.Done():
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		case <-time.After(s.limit + grace):
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		}
	}()
	err = c.Wait()
	close(over)
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what it has left behind
	v := verdict{took: time.Since(begun), log: log.Name()}
	switch {
	case ctx.Err() != nil:
		v.failure = "cut short"
	case err == nil:
		_ = os.Remove(log.Name())
	default:
		text, _ := os.ReadFile(log.Name())
		v.failure = firstFailure(string(text), err)
	}
	fmt.Printf("%s  %d of %d on %d processors  %s  %s\n", u.name, round, s.runs, len(on), v.took.Round(100*time.Millisecond), v)
	return v, nil
}

// start starts a command on some of the processors, in a process group of its own. It ends with this program, however
// that ends.
func start(c *exec.Cmd, on []int, nice int) error {
	var all, some unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return os.NewSyscallError("sched_getaffinity", err)
	}
	for _, cpu := range on {
		some.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &some); err != nil {
		return os.NewSyscallError("sched_setaffinity", err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := c.Start()
	if back := unix.SchedSetaffinity(0, &all); back != nil {
		err = errors.Join(err, os.NewSyscallError("sched_setaffinity", back))
	}
	if err == nil && nice != 0 {
		err = os.NewSyscallError("setpriority", unix.Setpriority(unix.PRIO_PROCESS, c.Process.Pid, nice))
	}
	return err
}

func end(c *exec.Cmd) {
	_ = c.Process.Kill()
	_ = c.Wait()
}

// processors are those that this program may use.
func processors() (all []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	for cpu := 0; len(all) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}

// A busy loop is this program again.
const (
	busyArg   = "busy"
	busyLimit = "STRESS_BUSY_LIMIT"
)

// busy keeps one processor busy, for a while at most.
func busy() {
	limit, err := time.ParseDuration(os.Getenv(busyLimit))
	if err != nil {
		fmt.Fprintln(os.Stderr, "stress: a busy loop without a limit:", err)
		os.Exit(1)
	}
	for begun, n := time.Now(), 0; time.Since(begun) < limit; {
		for range 1_000_000 {
			n++
		}
	}
	os.Exit(0)
}

func plain(r rune) rune {
	if strings.ContainsRune("/ :()", r) {
		return '-'
	}
	return r
}
