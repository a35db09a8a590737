package loadtest

import (
	"context"
	"strings"
	"time"
)

// plain measures requests of 1 KB with nothing beside them.
func (c *comparison) plain(ctx context.Context) error {
	type key struct {
		p           *Process
		route       string
		connections int
	}
	var order []key
	cells := map[key][]Cell{}
	for round := range c.Rounds {
		for _, n := range []int{8, 64} {
			err := c.inTurn(round, func(p *Process, r Route) error {
				if n != 8 && r.Name == "render" {
					return nil
				}
				// Looking at the health every millisecond would be a third of what the slowest can do.
				cell, err := p.Measure(ctx, Scenario{
					Shape: Shape{Route: r, Bytes: small}, Connections: n, Time: c.Time, Warm: c.Warm, Every: 10 * time.Millisecond,
				}, c.expect[p], &c.numbers)
				if err != nil {
					return err
				}
				c.logCell(cell)
				k := key{p, r.Name, n}
				if cells[k] == nil {
					order = append(order, k)
				}
				cells[k] = append(cells[k], cell)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	for _, k := range order {
		c.report.Plain = append(c.report.Plain, medians(cells[k]))
	}
	return nil
}

// beside measures requests of 1 KB while large ones stream beside them, on one route of each server.
func (c *comparison) beside(ctx context.Context) error {
	for _, bytes := range []int{c.Large, c.Huge} {
		for i, n := range []int{8, 64} {
			err := c.inTurn(i, func(p *Process, r Route) error {
				if r != c.main(p) || !c.answers(p, bytes) {
					return nil
				}
				cell, err := p.Measure(ctx, Scenario{
					Shape: Shape{Route: r, Bytes: small}, Connections: n, Beside: bytes,
					Time: c.Time * 3 / 2, Warm: c.Warm, Every: time.Millisecond,
				}, c.expect[p], &c.numbers)
				if err != nil {
					return err
				}
				c.logCell(cell)
				c.report.Beside = append(c.report.Beside, cell)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// overload asks our own servers for more than they can do.
func (c *comparison) overload(ctx context.Context) error {
	for _, p := range c.ours() {
		r := c.main(p)
		for _, cell := range c.report.Plain {
			if cell.Server != p.Name || cell.Route != r.Name || cell.Connections != 8 {
				continue
			}
			o, err := p.Overload(ctx, Shape{Route: r, Bytes: small}, c.expect[p][small], cell, overloading, c.Crowd, c.Time, &c.numbers)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				c.notRun(p.Name+", overloaded", err.Error())
				continue
			}
			c.say("%-24s overload: %.0f/s asked, %.0f/s done, %.2f of what it can, %.2f with refusals, p99 %.1f ms; %s", p.Name, o.Offered, o.Rate, o.Share, o.Worth, o.P99, o.Statuses)
			c.report.Overload = append(c.report.Overload, o)
		}
	}
	return nil
}

// kill kills workers of those that have some.
func (c *comparison) kill(ctx context.Context) error {
	for _, p := range c.ours() {
		if !strings.Contains(p.Name, "workers") {
			continue
		}
		k, err := p.Kill(ctx, Shape{Route: c.main(p), Bytes: small}, c.expect[p][small], 8, c.Time, &c.numbers)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.notRun(p.Name+", workers killed", err.Error())
			continue
		}
		c.say("%-24s %d workers killed: %d of %d requests lost, the slowest other took %.0f ms", p.Name, k.Kills, k.Lost, k.Requests, k.Max)
		c.report.Kill = append(c.report.Kill, k)
	}
	return nil
}

// main is the route that a server is measured on where one is enough: vLLM's tokenize, if it has that.
func (c *comparison) main(p *Process) Route {
	for _, r := range c.routes[p] {
		if r.Name == "tokenize" {
			return r
		}
	}
	return c.routes[p][0]
}

func (c *comparison) ours() (all []*Process) {
	for _, p := range c.running {
		if strings.HasPrefix(p.Name, ours) {
			all = append(all, p)
		}
	}
	return all
}

func (c *comparison) logCell(cell Cell) {
	beside := ""
	if cell.Beside > 0 {
		beside = " beside " + size(cell.Beside)
	}
	c.say("%-24s %-28s %2d connections%s: %6.0f/s  p50 %.1f p99 %.1f max %.1f ms  health p99 %.1f max %.1f ms  %s", cell.Server, cell.Route,
		cell.Connections, beside, cell.Rate, cell.P50, cell.P99, cell.Max, cell.Health.P99, cell.Health.Max, cell.Statuses)
	if cell.Problem != "" {
		c.say("  the first problem: %s", cell.Problem)
	}
}
