package loadtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Config says what Compare is to do.
type Config struct {
	Commands []Command
	NotRun   []NotRun // servers for which there is no Command, and why
	Rounds   int      // of the cells in which nothing streams; their medians are reported
	Time     time.Duration
	Dir      string                       // for what the servers log
	Versions map[string]map[string]string // by server
	Log      io.Writer

	Large, Huge int           // bytes of the requests that stream beside; 0: 5 and 27 MB
	Warm        time.Duration // before each measurement; 0: 300 ms
	Crowd       int           // connections of an overload; 0: 2048, which is more than any queue has places
}

// NotRun is a server, or a part of the comparison, that was left out.
type NotRun struct {
	Server string `json:"server"`
	Why    string `json:"why"`
}

// Add adds a server that runs on a Python; without one, or where command fails, the report says so.
func (c *Config) Add(name, python, flag string, command func(python string) (Command, map[string]string, error)) {
	if python == "" {
		c.NotRun = append(c.NotRun, NotRun{name, "no Python was given for it (" + flag + ")"})
		return
	}
	cmd, versions, err := command(python)
	if err != nil {
		c.NotRun = append(c.NotRun, NotRun{name, err.Error()})
		return
	}
	c.Commands = append(c.Commands, cmd)
	c.Versions[name] = versions
}

const (
	small       = 1 << 10
	startTime   = 5 * time.Minute // for importing vLLM on a busy machine
	warmUp      = 300 * time.Millisecond
	overloading = 4.0 // times what a server can do
)

// comparison is one run of Compare.
type comparison struct {
	Config
	report  *Report
	running []*Process
	routes  map[*Process][]Route
	apart   map[*Process]bool
	expect  map[*Process]map[int]int // tokens, by the bytes of a text; without those that are not answered
	numbers serial
}

// Compare starts the servers, looks whether they answer with the same tokens, and puts one after another under the same
// loads, in turn. A server that cannot be started, or has other tokens than the first, is listed in the report. Errors:
// that of ctx; a server that does not answer.
func Compare(ctx context.Context, cfg Config) (*Report, error) {
	cfg.Warm = cmp.Or(cfg.Warm, warmUp)
	cfg.Large, cfg.Huge, cfg.Crowd = cmp.Or(cfg.Large, 5<<20), cmp.Or(cfg.Huge, 27<<20), cmp.Or(cfg.Crowd, 2048)
	c := &comparison{Config: cfg, report: newReport(cfg), routes: map[*Process][]Route{},
		apart: map[*Process]bool{}, expect: map[*Process]map[int]int{}}
	defer func() {
		for _, p := range c.running {
			p.Stop()
		}
	}()
	for _, step := range []func(context.Context) error{c.start, c.agree, c.plain, c.beside, c.overload, c.kill, c.memory} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return c.report, nil
}

// start starts all servers at once: the slowest takes a minute.
func (c *comparison) start(ctx context.Context) error {
	for _, n := range c.report.NotRun {
		c.say("NOT RUN: %s: %s", n.Server, n.Why)
	}
	ports, err := freePorts(len(c.Commands))
	if err != nil {
		return err
	}
	started := make([]*Process, len(c.Commands))
	failed := make([]error, len(c.Commands))
	var wg sync.WaitGroup
	for i, cmd := range c.Commands {
		wg.Go(func() { started[i], failed[i] = Start(ctx, cmd, ports[i], c.Dir, startTime) })
	}
	wg.Wait()
	for i, p := range started {
		if p == nil {
			c.notRun(c.Commands[i].Name, failed[i].Error())
			continue
		}
		c.running = append(c.running, p)
		c.apart[p], c.expect[p] = c.Commands[i].Apart, map[int]int{}
		for _, name := range c.Commands[i].Routes {
			r, err := FindRoute(name)
			if err != nil {
				return err
			}
			c.routes[p] = append(c.routes[p], r)
		}
	}
	return ctx.Err()
}

func (c *comparison) memory(context.Context) error {
	for _, p := range c.running {
		c.report.Memory[p.Name] = resident(p.PID)
	}
	return nil
}

// inTurn calls f with each server and route, the other way round in every other round.
func (c *comparison) inTurn(round int, f func(*Process, Route) error) error {
	servers := slices.Clone(c.running)
	if round%2 == 1 {
		slices.Reverse(servers)
	}
	for _, p := range servers {
		for _, r := range c.routes[p] {
			if err := f(p, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *comparison) notRun(server, why string) {
	c.report.NotRun = append(c.report.NotRun, NotRun{server, why})
	c.say("NOT RUN: %s: %s", server, why)
}

func (c *comparison) say(format string, args ...any) {
	fmt.Fprintf(c.Log, "mtok: "+format+"\n", args...)
}
