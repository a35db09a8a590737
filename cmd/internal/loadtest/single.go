package loadtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ParseAddress reads http://host:port, host:port, unix:/path or a path. Errors: it is none of these.
func ParseAddress(text string) (Address, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(text, "http://"), "/")
	if path, ok := strings.CutPrefix(rest, "unix:"); ok {
		path = strings.TrimPrefix(path, "//")
		if !strings.Contains(path, "/") {
			path = "./" + path
		}
		return Address(path), nil
	}
	switch {
	case strings.Contains(text, "https://"):
		return "", errors.New("this client knows no TLS")
	case strings.HasPrefix(rest, "/"), strings.HasPrefix(rest, "./"):
		return Address(rest), nil
	case strings.Contains(rest, "/") || !strings.Contains(rest, ":"):
		return "", fmt.Errorf("%q is neither http://host:port nor unix:/path", text)
	}
	return Address(rest), nil
}

// Single is a load on one server that runs already.
type Single struct {
	Target
	Scenario
	Times float64 // of what the server was measured to do, to ask for after that; 0: leave it
	Crowd int     // connections of that
	Kill  bool    // kill workers after that; needs the PID of the Target
}

// Outcome is what a Single met.
type Outcome struct {
	Cell     Cell      `json:"cell"`
	Overload *Overload `json:"overload,omitempty"`
	Kill     *Kill     `json:"kill,omitempty"`
}

// Bad is how many answers there were that should not have been, leaving out those that were killed.
func (o *Outcome) Bad() int {
	n := o.Cell.Bad
	if o.Overload != nil {
		n += o.Overload.Bad
	}
	return n
}

// Run asks once for each size of text, to know how many tokens are right, and then puts the server under load. Errors: it
// does not answer that; that of ctx.
func (s Single) Run(ctx context.Context) (*Outcome, error) {
	expect := map[int]int{}
	for _, n := range []int{s.Shape.Bytes, s.Beside} {
		if n == 0 {
			continue
		}
		shape := s.Shape
		shape.Bytes = n
		list, err := Ask(ctx, s.Address, shape)
		if err != nil {
			return nil, fmt.Errorf("%s, %d bytes: %w", s.Address, n, err)
		}
		expect[n] = Tokens(list)
	}
	// Numbers that an earlier run has not had.
	var numbers serial
	numbers.n.Store(uint64(time.Now().Unix()%1000) * 1e7)
	cell, err := s.Measure(ctx, s.Scenario, expect, &numbers)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Cell: cell}
	if s.Times > 0 {
		o, err := s.Overload(ctx, s.Shape, expect[s.Shape.Bytes], cell, s.Times, s.Crowd, s.Time, &numbers)
		if err != nil {
			return nil, err
		}
		out.Overload = &o
	}
	if s.Kill {
		k, err := s.Target.Kill(ctx, s.Shape, expect[s.Shape.Bytes], s.Connections, s.Time, &numbers)
		if err != nil {
			return nil, err
		}
		out.Kill = &k
	}
	return out, nil
}
