package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Target is a server that can be put under load.
type Target struct {
	Name    string
	Address Address
	Health  string // the path that is requested each millisecond
	PID     int    // 0: its processor time and memory are not known
}

// Scenario is one kind of load.
type Scenario struct {
	Shape       Shape
	Connections int
	Beside      int           // bytes of the requests that stream beside it, one after another; 0: none
	Time        time.Duration // that is measured
	Warm        time.Duration // before
	Every       time.Duration // between two looks at the server's health
}

// Cell is what one scenario on one server gave. Times are in milliseconds, processor times in microseconds.
type Cell struct {
	Server      string  `json:"server"`
	Route       string  `json:"route"`
	Bytes       int     `json:"bytes"`
	Connections int     `json:"connections"`
	Beside      int     `json:"beside_bytes,omitempty"`
	Rate        float64 `json:"per_s"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Max         float64 `json:"max_ms"`
	Health      Health  `json:"health"`
	ClientCPU   float64 `json:"client_cpu_us"` // of this side, for each answer
	ServerCPU   float64 `json:"server_cpu_us,omitempty"`
	BesideN     int     `json:"beside_answers,omitempty"`
	BesideP50   float64 `json:"beside_p50_ms,omitempty"`
	Statuses    Tally   `json:"statuses"`
	Bad         int     `json:"bad"`
	Problem     string  `json:"problem,omitempty"` // the first
}

// Measure puts a server under one kind of load. Answers are checked against expect, the number of tokens by the bytes
// of the text. Errors: that of ctx; what the server does wrong is in the cell.
func (t Target) Measure(ctx context.Context, sc Scenario, expect map[int]int, numbers *serial) (Cell, error) {
	small := stream{t.Address, sc.Shape, sc.Connections, expect[sc.Shape.Bytes], numbers, nil}
	w := newWindow(sc.Warm, sc.Time)
	var wg sync.WaitGroup
	var health Health
	var large, sample *Sample
	var cost, theirs time.Duration
	wg.Go(func() { health = probe(ctx, t.Address, t.Health, sc.Every, w) })
	wg.Go(func() { sample, _ = small.run(ctx, w) })
	if sc.Beside > 0 {
		shape := sc.Shape
		shape.Bytes = sc.Beside
		wg.Go(func() {
			// From the start: what was requested during the warm-up is part of the load.
			s := stream{t.Address, shape, 1, expect[sc.Beside], numbers, nil}
			large, _ = s.run(ctx, window{w.begin.Add(-sc.Warm), w.end})
		})
	}
	wg.Go(func() { cost, theirs = t.cpu(w) })
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Cell{}, err
	}
	q := sample.Quantiles(0.5, 0.99, 1)
	c := Cell{
		Server: t.Name, Route: sc.Shape.Route.Name, Bytes: sc.Shape.Bytes, Connections: sc.Connections, Beside: sc.Beside,
		Rate: sample.Rate(), P50: q[0], P99: q[1], Max: q[2], Health: health,
		Statuses: sample.Statuses, Bad: sample.Bad() + health.Bad, Problem: sample.First,
	}
	if n := float64(sample.Done); n > 0 {
		c.ClientCPU = float64(cost.Microseconds()) / n
		if t.PID > 0 {
			c.ServerCPU = float64(theirs.Microseconds()) / n
		}
	}
	if large != nil {
		c.BesideN, c.BesideP50 = len(large.Times), large.Quantiles(0.5)[0]
		c.Bad += large.Bad()
		if large.First != "" {
			c.Problem = fmt.Sprintf("%s beside: %s", size(sc.Beside), large.First)
		}
	}
	if c.Problem == "" {
		c.Problem = health.Problems
	}
	return c, nil
}

// cpu waits until a window ends, and says what this process and the server have used of the processors in it.
func (t Target) cpu(w window) (own, server time.Duration) {
	time.Sleep(time.Until(w.begin))
	ours, theirs := ownCPU(), treeCPU(t.PID)
	time.Sleep(time.Until(w.end))
	return ownCPU() - ours, since(theirs, treeCPU(t.PID))
}

func size(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}
