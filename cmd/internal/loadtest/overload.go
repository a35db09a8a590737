package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Overload is what a server did that was asked for more than it can do.
type Overload struct {
	Server      string  `json:"server"`
	Route       string  `json:"route"`
	Connections int     `json:"connections"`
	Capacity    float64 `json:"capacity_per_s"` // what it was measured to do
	Offered     float64 `json:"offered_per_s"`  // what it was asked for
	Rate        float64 `json:"per_s"`          // what it did
	P50         float64 `json:"p50_ms"`         // of that
	P99         float64 `json:"p99_ms"`
	Statuses    Tally   `json:"statuses"`
	NoRetry     int     `json:"no_retry_after"` // how many of its 429 have no Retry-After
	Bad         int     `json:"bad"`            // neither a right answer nor 429 with Retry-After
	Problem     string  `json:"problem,omitempty"`
}

// Overload asks at times that do not depend on the answers, for so many times what the server can do, on so many
// connections. On a connection on which the answer is not there when the next request is due, that one is not sent: what
// is under way is bounded by the connections. Errors: that of ctx; a capacity of nothing.
func (t Target) Overload(ctx context.Context, shape Shape, expect int, capacity, times float64, connections int, d time.Duration, numbers *serial) (Overload, error) {
	if capacity <= 0 {
		return Overload{}, fmt.Errorf("it is not known what %s can do", t.Name)
	}
	rate := capacity * times
	first := newRequest(shape, t.Address.host())
	w := newWindow(warmUp, d)
	parts := make([]paced, connections)
	var wg sync.WaitGroup
	for i := range parts {
		p := &parts[i]
		p.stream = stream{t.Address, shape, 1, expect, numbers, nil}
		p.every = time.Duration(float64(connections) / rate * 1e9)
		p.due = w.begin.Add(time.Duration(float64(i)/rate*1e9) - warmUp)
		wg.Go(func() { p.run(ctx, first.clone(), w) })
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Overload{}, err
	}
	all := &Sample{Took: d}
	out := Overload{Server: t.Name, Route: shape.Route.Name, Connections: connections, Capacity: capacity}
	asked := 0
	for i := range parts {
		all.merge(&parts[i].sample)
		out.NoRetry += parts[i].noRetry
		asked += parts[i].asked
	}
	q := all.Quantiles(0.5, 0.99)
	out.Offered, out.Rate, out.P50, out.P99 = float64(asked)/d.Seconds(), all.Rate(), q[0], q[1]
	out.Statuses, out.Bad = all.Statuses, all.Bad(429)+out.NoRetry
	if out.Bad > 0 {
		out.Problem = all.First
	}
	return out, nil
}

// paced is one connection of an overload.
type paced struct {
	stream
	due            time.Time
	every          time.Duration
	sample         Sample
	asked, noRetry int
}

func (p *paced) run(ctx context.Context, r *request, w window) {
	c := newConn(p.address)
	defer c.close()
	for ; p.due.Before(w.end) && ctx.Err() == nil; p.due = p.due.Add(p.every) {
		if w.has(p.due) {
			p.asked++
		}
		if late := time.Since(p.due); late > p.every {
			continue
		} else if late < 0 {
			time.Sleep(-late)
		}
		if !p.shape.Same {
			r.number(p.numbers.next())
		}
		begun := time.Now()
		status, body, err := c.do(ctx, r.raw)
		ended := time.Now()
		if !begun.Before(w.end) || !ended.After(w.begin) {
			continue
		}
		problem := ""
		if status == 429 {
			if len(c.answer.Header.Peek("Retry-After")) == 0 {
				p.noRetry++
			}
		} else {
			problem = p.problem(status, body, err)
		}
		p.sample.add(status, ended.Sub(begun), problem)
		if status == 200 && problem == "" && w.has(ended) {
			p.sample.Done++
		}
	}
}
