package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Overload is what a server did under more requests than it can serve.
type Overload struct {
	Server      string  `json:"server"`
	Route       string  `json:"route"`
	Connections int     `json:"connections"`
	Capacity    float64 `json:"capacity_per_s"` // what it was measured to do; see Cell
	Offered     float64 `json:"offered_per_s"`  // what was requested of it
	Rate        float64 `json:"per_s"`          // what it did
	P50         float64 `json:"p50_ms"`         // of that
	P99         float64 `json:"p99_ms"`
	Share       float64 `json:"share"` // of the capacity: Rate ÷ Capacity
	Refused     float64 `json:"refused_per_s"`
	ClientCPU   float64 `json:"client_cpu_us"`                   // of this side, for each request
	ServerCPU   float64 `json:"server_cpu_us,omitempty"`         // of the server and its workers, for each request
	RefusalOurs float64 `json:"refusal_client_cpu_us,omitempty"` // what answers at their cost of before leave of the time, for each refusal
	RefusalCPU  float64 `json:"refusal_server_cpu_us,omitempty"` // the same of the server
	Worth       float64 `json:"worth,omitempty"`                 // of the capacity: answers, and refusals at their cost; 0: not known
	Statuses    Tally   `json:"statuses"`
	NoRetry     int     `json:"no_retry_after"` // how many of its 429 have no Retry-After
	Bad         int     `json:"bad"`            // neither a right answer nor 429 with Retry-After
	Problem     string  `json:"problem,omitempty"`
}

// Overload asks at times that do not depend on the answers, for so many times what the server can do, on so many
// connections. On a connection on which the answer is not there when the next request is due, that one is not sent: what
// is under way is bounded by the connections. Refusals and this side share the processors with what answers: before is
// what answers cost when nothing was refused. Errors: that of ctx; a capacity of nothing.
func (t Target) Overload(ctx context.Context, shape Shape, expect int, before Cell, times float64, connections int, d time.Duration, numbers *serial) (Overload, error) {
	if before.Rate <= 0 {
		return Overload{}, fmt.Errorf("it is not known what %s can do", t.Name)
	}
	rate := before.Rate * times
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
	var client, server time.Duration
	wg.Go(func() { client, server = t.cpu(w) })
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Overload{}, err
	}
	all := &Sample{Took: d}
	out := Overload{Server: t.Name, Route: shape.Route.Name, Connections: connections, Capacity: before.Rate}
	asked, refused := 0, 0
	for i := range parts {
		all.merge(&parts[i].sample)
		out.NoRetry += parts[i].noRetry
		asked += parts[i].asked
		refused += parts[i].refused
	}
	q := all.Quantiles(0.5, 0.99)
	out.Offered, out.Rate, out.P50, out.P99 = float64(asked)/d.Seconds(), all.Rate(), q[0], q[1]
	out.Statuses, out.Bad = all.Statuses, all.Bad(429)+out.NoRetry
	if out.Bad > 0 {
		out.Problem = all.First
	}
	out.Share, out.Refused = out.Rate/out.Capacity, float64(refused)/d.Seconds()
	out.cost(before, all.Done, refused, client, server)
	return out, nil
}

// cost says what the processor times of both sides were spent on.
func (o *Overload) cost(before Cell, answered, refused int, client, server time.Duration) {
	if answered+refused == 0 {
		return
	}
	each := func(d time.Duration, less float64, n int) float64 {
		return max(0, float64(d.Nanoseconds())/1e3-less) / float64(n)
	}
	o.ClientCPU = each(client, 0, answered+refused)
	if before.ServerCPU == 0 {
		return // its processor time is not known
	}
	o.ServerCPU, o.Worth = each(server, 0, answered+refused), o.Share
	if refused > 0 {
		o.RefusalOurs = each(client, float64(answered)*before.ClientCPU, refused)
		o.RefusalCPU = each(server, float64(answered)*before.ServerCPU, refused)
		o.Worth += o.Refused * (o.RefusalCPU + o.RefusalOurs) / (before.ServerCPU + before.ClientCPU) / o.Capacity
	}
}

// paced is one connection of an overload.
type paced struct {
	stream
	due            time.Time
	every          time.Duration
	sample         Sample
	asked, noRetry int
	refused        int // within the window
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
			if w.has(ended) {
				p.refused++
			}
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
