package loadtest

import (
	"context"
	"fmt"
	"time"
)

// Health is what GET /health met, requested at fixed times.
type Health struct {
	Asked    int     `json:"asked"`
	Bad      int     `json:"bad"` // no answer, or none below 400
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	OwnP99   float64 `json:"own_p99_ms"` // of that: how late this side was
	OwnMax   float64 `json:"own_max_ms"`
	Problems string  `json:"problems,omitempty"`
}

// probe asks for a path at fixed times, on a connection of its own. A time counts from when it was due: while an answer
// is awaited nothing more is sent, but a request then would have waited as long as the rest of it, and counts
// too. So a server that stands still for 100 ms is seen to do so by a hundred, not by one, and is not buried under them.
func probe(ctx context.Context, a Address, path string, every time.Duration, w window) Health {
	raw := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, a.host())
	c := newConn(a)
	defer c.close()
	clock, err := newAlarm()
	if err != nil {
		return Health{Bad: 1, Problems: err.Error()}
	}
	defer clock.close()
	var s, own Sample
	for due := w.begin; due.Before(w.end) && ctx.Err() == nil; {
		clock.sleep(time.Until(due))
		own.add(200, time.Since(due), "")
		status, body, err := c.do(ctx, raw)
		problem := ""
		switch {
		case err != nil:
			problem = err.Error()
		case status < 400: // one of the servers has nothing better than a redirect
			status = 200
		default:
			problem = fmt.Sprintf("%d %s", status, body[:min(len(body), 200)])
		}
		for answered := time.Now(); !due.After(answered); due = due.Add(every) {
			s.add(status, answered.Sub(due), problem)
		}
	}
	q, late := s.Quantiles(0.5, 0.99, 1), own.Quantiles(0.99, 1)
	return Health{
		Asked: len(s.Times) + s.Bad(), Bad: s.Bad(), P50: q[0], P99: q[1], Max: q[2],
		OwnP99: late[0], OwnMax: late[1], Problems: s.First,
	}
}
