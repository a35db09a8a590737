package load

import (
	"context"
	"errors"
	"sync"
	"syscall"
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

const kills = 3

// Kill keeps a load up and kills the busiest process below the server, a few times. Errors: that of ctx, or that there is
// no such process.
func (t Target) Kill(ctx context.Context, shape Shape, expect, connections int, d time.Duration, numbers *serial) (Kill, error) {
	out := Kill{Server: t.Name, Route: shape.Route.Name, Connections: connections}
	s := stream{t.Address, shape, connections, expect, numbers}
	d = max(d, time.Second) // processor times come in hundredths of a second
	w := newWindow(warmUp, d)
	var sample *Sample
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { sample, _ = s.run(ctx, w) })
	wg.Go(func() {
		for i := range kills {
			time.Sleep(time.Until(w.begin.Add(d * time.Duration(i) / kills)))
			if ctx.Err() != nil {
				return
			}
			pid := busiest(t.PID, d/(2*kills))
			if pid == 0 {
				failed = errors.New("no worker process below the server is at work (one that was started by hand has to lead a session: setsid)")
				return
			}
			if failed = syscall.Kill(pid, syscall.SIGKILL); failed != nil {
				return
			}
			out.Kills++
		}
	})
	wg.Wait()
	if err := errors.Join(ctx.Err(), failed); err != nil {
		return out, err
	}
	out.Requests = sample.Statuses.total()
	out.Lost, out.Rate, out.Max = sample.Bad(), sample.Rate(), sample.Quantiles(1)[0]
	out.Statuses, out.Problem = sample.Statuses, sample.First
	return out, nil
}

// busiest is the process below pid that uses most processor time while d passes; 0: none uses any.
func busiest(pid int, d time.Duration) int {
	before := treeCPU(pid)
	time.Sleep(d)
	most, found := time.Duration(0), 0
	for p, t := range treeCPU(pid) {
		if used := t - before[p]; p != pid && used > most {
			most, found = used, p
		}
	}
	return found
}
