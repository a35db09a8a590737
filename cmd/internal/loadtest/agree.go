package loadtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// Differs is a route that has other tokens for a text than the first server, or none.
type Differs struct {
	Server string `json:"server"`
	Route  string `json:"route"`
	Bytes  int    `json:"bytes"`
	Tokens int    `json:"tokens"`
	Wanted int    `json:"wanted"`
	Apart  bool   `json:"apart,omitempty"` // as in Command
	Why    string `json:"why,omitempty"`   // there are no tokens
}

// agree compares the tokens that all servers have for the texts of every size with those of the first.
func (c *comparison) agree(ctx context.Context) error {
	for _, n := range []int{small, c.Large, c.Huge} {
		var want []byte
		for _, p := range c.running {
			for _, r := range c.routes[p] {
				if n != small && r.Name == "render" && r != c.main(p) {
					continue
				}
				list, err := Ask(ctx, p.Address, Shape{Route: r, Bytes: n})
				switch {
				case ctx.Err() != nil:
					return ctx.Err()
				case err != nil && c.apart[p] && n != small:
					c.report.Differs = append(c.report.Differs, Differs{p.Name, r.Name, n, 0, Tokens(want), true, err.Error()})
					c.say("%s %s does not answer %d bytes: %v", p.Name, r.Path, n, err)
					continue
				case err != nil:
					return fmt.Errorf("%s %s does not answer %d bytes: %w", p.Name, r.Path, n, err)
				case want == nil:
					want = list
				case !bytes.Equal(want, list):
					d := Differs{p.Name, r.Name, n, Tokens(list), Tokens(want), c.apart[p], ""}
					c.report.Differs = append(c.report.Differs, d)
					c.say("%s %s HAS OTHER TOKENS for a text of %d bytes: %d, not %d", p.Name, r.Path, n, d.Tokens, d.Wanted)
				}
				c.expect[p][n] = Tokens(list)
			}
		}
	}
	if len(c.report.Differs) == 0 && len(c.running) > 0 {
		c.say("all servers agree on the tokens: %v by the bytes of the text", c.expect[c.running[0]])
	}
	return nil
}

// answers reports whether a server has tokens for a text of that size.
func (c *comparison) answers(p *Process, size int) bool {
	_, ok := c.expect[p][size]
	return ok
}

// others reports whether a route of a server has other tokens than the first server for a text of 1 KB.
func (r *Report) others(server, route string) bool {
	return slices.ContainsFunc(r.Differs, func(d Differs) bool {
		return d.Server == server && d.Route == route && d.Bytes == small
	})
}
