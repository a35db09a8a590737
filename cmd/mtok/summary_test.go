package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func TestSummary(t *testing.T) {
	file := func(dir, text string) bridge.Problem { return bridge.Problem{Subject: "files", Path: dir, Text: text} }
	many := func(dir, what string, n int) (all []bridge.Problem) {
		for i := range n {
			all = append(all, file(dir, fmt.Sprintf("lib/%d: x.py: %s", i, what)))
		}
		return all
	}
	var packages []bridge.Problem
	for i := range 5 {
		packages = append(packages, bridge.Problem{Subject: "packages", Text: fmt.Sprintf("p%d 1 is not installed", i)})
	}
	for name, c := range map[string]struct {
		found []bridge.Problem
		want  []string
	}{
		"nothing": {nil, nil},
		"three of each": {append(many("/a", "changed", 3), many("/b", "changed", 1)...), []string{
			"files /a: lib/0: x.py: changed", "files /a: lib/1: x.py: changed", "files /a: lib/2: x.py: changed", "files /b: lib/0: x.py: changed",
		}},
		"many": {append(many("/a", "changed", 349), many("/a", "missing", 4)...), []string{
			"files /a: 349 files changed: lib/0: x.py, lib/1: x.py, lib/2: x.py, …",
			"files /a: 4 files missing: lib/0: x.py, lib/1: x.py, lib/2: x.py, …",
		}},
		"packages": {packages, []string{
			"packages p0 1 is not installed", "packages p1 1 is not installed", "packages p2 1 is not installed", "packages: and 2 more",
		}},
		"others": {[]bridge.Problem{{Subject: "interpreter", Path: "/p", Text: "it crashed: badly"}, {Subject: "packages", Path: "numpy", Text: "no module"}}, []string{
			"interpreter /p: it crashed: badly", "packages numpy: no module",
		}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, summary(c.found)) })
	}
}
