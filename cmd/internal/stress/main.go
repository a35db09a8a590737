//go:build linux

// Command stress runs the tests of Go packages over and over on a busy machine, and reports which of them depend on its
// speed. Beside each run, busy loops keep every processor occupied that the run may use; runs on one processor are
// followed by runs on all. Each package is compiled once, and has all its runs before the next one begins: name the
// cheap ones first. The output of a run that failed is kept. Tests that only compare, and would take most of the time,
// are left out unless -all is given.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// settings are what the flags say.
type settings struct {
	runs       int
	processors []int
	loops      int
	nice       int
	limit      time.Duration
	race       bool
	all        bool
	most       time.Duration
	dir        string
	match      string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == busyArg {
		busy()
	}
	// Children end with the thread that started them (see start), and inherit its processors.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := stress(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stress:", err)
		os.Exit(1)
	}
}

func stress(ctx context.Context, args []string) error {
	var s settings
	f := flag.NewFlagSet("stress", flag.ExitOnError)
	f.IntVar(&s.runs, "n", 10, "runs of each package on each number of processors")
	f.IntVar(&s.loops, "loops", 1, "busy loops for each processor")
	f.IntVar(&s.nice, "nice", 0, "how nice they are")
	f.DurationVar(&s.limit, "timeout", 30*time.Minute, "for one run of a package")
	f.BoolVar(&s.race, "race", false, "compile with the race detector")
	f.BoolVar(&s.all, "all", false, "also the tests that wait for nobody, and all that -test.short leaves out")
	f.DurationVar(&s.most, "for", 0, "begin no further run after this time; 0: run all")
	f.StringVar(&s.dir, "dir", filepath.Join("build", "stress"), "where the compiled tests and the logs of failures go")
	f.StringVar(&s.match, "run", "", "only tests that match")
	all, err := processors()
	if err != nil {
		return err
	}
	most := f.Int("processors", len(all), "the largest number of processors; 1 is always tried first")
	if err := f.Parse(args); err != nil {
		return err
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return err
	}
	s.processors = all[:min(max(*most, 1), len(all))]
	suites, err := compile(ctx, s, f.Args())
	if err != nil {
		return err
	}
	t := &table{}
	whole, err := runAll(ctx, s, suites, t)
	t.write(os.Stdout)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("stopped: %w", ctx.Err())
	case t.failed > 0:
		return fmt.Errorf("%d of %d runs failed", t.failed, t.runs)
	case t.runs == 0:
		return errors.New("nothing was run")
	case !whole:
		return fmt.Errorf("not all was run within %s", s.most)
	}
	return nil
}

// runAll fills the table, and reports whether it got to its end.
func runAll(ctx context.Context, s settings, suites []suite, t *table) (whole bool, err error) {
	begun := time.Now()
	for _, suite := range suites {
		for _, n := range counts(len(s.processors)) {
			for i := range s.runs {
				if ctx.Err() != nil || s.most > 0 && time.Since(begun) > s.most {
					return false, nil
				}
				v, err := run(ctx, s, suite, s.processors[:n], i+1)
				if err != nil {
					return false, err
				}
				if ctx.Err() == nil { // else it was cut short, which says nothing
					t.add(suite.name, n, v)
				}
			}
		}
	}
	return true, nil
}

// counts are the numbers of processors to run on.
func counts(most int) []int {
	if most == 1 {
		return []int{1}
	}
	return []int{1, most}
}
