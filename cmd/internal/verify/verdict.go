package verify

import (
	"fmt"
	"strings"
)

// verdict sums a report up in a line.
func (r *Report) verdict() string {
	var inexact, stalls, slow, stallsUnjudged, slowUnjudged, overheads int
	for _, t := range r.Tokenizers {
		for _, x := range t.Exactness {
			inexact += one(!x.Pass)
		}
		stalls += one(t.Responsiveness.failed())
		stallsUnjudged += one(t.Responsiveness.Reason != "")
		for _, o := range t.Overhead {
			overheads++
			slow += one(o.failed())
			slowUnjudged += one(o.Reason != "")
		}
	}
	exact, never, cost := "exact", "never stalls", "less than 5 % slower than Python calling itself"
	var open []string
	if r.NoClock {
		never, cost, stallsUnjudged = "", "", 0
	}
	if stallsUnjudged > 0 {
		never = ""
		open = append(open, fmt.Sprintf("stalls in %d of %d", stallsUnjudged, len(r.Tokenizers)))
	}
	if slowUnjudged > 0 {
		cost = ""
		open = append(open, fmt.Sprintf("overhead in %d of %d", slowUnjudged, overheads))
	}
	if inexact > 0 {
		exact = "not exact"
	}
	if stalls > 0 {
		never = "stalls"
	}
	if slow > 0 {
		cost = "5 % or more slower than Python calling itself"
	}
	line := "✓ ALL TESTS PASSED - "
	if !r.Pass {
		line = "✗ SOME TESTS FAILED - "
	}
	line += strings.Join(filled(exact, never, cost), ", ")
	if r.NoClock {
		line += " (" + noClock + ")"
	}
	if len(open) > 0 {
		line += " (not judged on a busy machine: " + strings.Join(open, ", ") + ")"
	}
	return line
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func filled(words ...string) (found []string) {
	for _, w := range words {
		if w != "" {
			found = append(found, w)
		}
	}
	return found
}
