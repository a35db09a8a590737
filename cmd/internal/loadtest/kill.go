package loadtest

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Kill is what a load lost when worker processes were killed under it.
type Kill struct {
	Server      string  `json:"server"`
	Route       string  `json:"route"`
	Connections int     `json:"connections"`
	Kills       int     `json:"kills"`
	Requests    int     `json:"requests"`
	Lost        int     `json:"lost"`
	Rate        float64 `json:"per_s"`
	Max         float64 `json:"max_ms"` // of those answered
	Statuses    Tally   `json:"statuses"`
	Problem     string  `json:"problem,omitempty"`
}

const (
	kills = 3
	// idle is how long nothing may be at work below a server: one that has been killed is replaced, which takes a busy
	// machine its time.
	idle = 10 * time.Second
)

// Kill keeps a load up for a while, and for as long as it takes to kill the busiest process below the server a few times.
// Errors: that of ctx, or that there is no such process.
func (t Target) Kill(ctx context.Context, shape Shape, expect, connections int, d time.Duration, numbers *serial) (Kill, error) {
	out := Kill{Server: t.Name, Route: shape.Route.Name, Connections: connections}
	over := make(chan struct{})
	s := stream{t.Address, shape, connections, expect, numbers, over}
	d = max(d, time.Second) // processor times come in hundredths of a second
	w := newWindow(warmUp, d+kills*idle)
	var sample *Sample
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { sample, _ = s.run(ctx, w) })
	wg.Go(func() {
		defer close(over)
		for i := range kills {
			time.Sleep(time.Until(w.begin.Add(d * time.Duration(i) / kills)))
			pid := busiest(ctx, t.PID, d/(2*kills))
			if ctx.Err() != nil {
				return
			}
			if pid == 0 {
				failed = errors.New("no worker process below the server is at work (one that was started by hand has to lead a session: setsid)")
				return
			}
			if failed = kill(pid); failed != nil {
				return
			}
			out.Kills++
		}
		time.Sleep(time.Until(w.begin.Add(d)))
	})
	wg.Wait()
	if err := errors.Join(ctx.Err(), failed); err != nil {
		return out, err
	}
	sample.Took = time.Since(w.begin)
	out.Requests = sample.Statuses.total()
	out.Lost, out.Rate, out.Max = sample.Bad(), sample.Rate(), sample.Quantiles(1)[0]
	out.Statuses, out.Problem = sample.Statuses, sample.First
	return out, nil
}

// busiest is the process below pid that uses most processor time while d passes, which is tried until one uses any; 0: none
// does, or ctx has ended.
func busiest(ctx context.Context, pid int, d time.Duration) (found int) {
	for until := time.Now().Add(idle); found == 0 && time.Now().Before(until) && ctx.Err() == nil; {
		before, most := treeCPU(pid), time.Duration(0)
		time.Sleep(d)
		for p, t := range treeCPU(pid) {
			if used := t - before[p]; p != pid && used > most {
				most, found = used, p
			}
		}
	}
	return found
}
