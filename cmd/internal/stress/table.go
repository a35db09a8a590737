//go:build linux

package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

// verdict is how one run went.
type verdict struct {
	failure string // the first test that failed, or what else went wrong; empty: nothing did
	log     string
	took    time.Duration
}

func (v verdict) String() string {
	if v.failure == "" {
		return "ok"
	}
	return "FAILED: " + v.failure + ", see " + v.log
}

// row sums up the runs of a suite on a number of processors.
type row struct {
	name           string
	processors     int
	passed, failed int
	slowest        time.Duration
	first          verdict // that failed
}

// table sums up all runs.
type table struct {
	rows         []*row
	runs, failed int
}

func (t *table) add(name string, processors int, v verdict) {
	t.runs++
	var r *row
	for _, o := range t.rows {
		if o.name == name && o.processors == processors {
			r = o
		}
	}
	if r == nil {
		r = &row{name: name, processors: processors}
		t.rows = append(t.rows, r)
	}
	r.slowest = max(r.slowest, v.took)
	if v.failure == "" {
		r.passed++
		return
	}
	if r.failed == 0 {
		r.first = v
	}
	r.failed++
	t.failed++
}

func (t *table) write(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\ntests\tprocessors\tpassed\tfailed\tslowest\tfirst failure\tlog")
	for _, r := range t.rows {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", r.name, r.processors, r.passed, r.failed, r.slowest.Round(100*time.Millisecond), r.first.failure, r.first.log)
	}
	_ = tw.Flush()
}

var (
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	hanging = regexp.MustCompile(`(?m)^panic: test timed out.*\n\s*running tests:\n\s*(\S+)`)
	fatal   = regexp.MustCompile(`(?m)^(?:panic: |fatal error: |SIG[A-Z]+: |WARNING: DATA RACE|goleak: |FAIL).*`)
)

// firstFailure finds in the output of tests which failed first. A subtest is reported rather than the test that it is part of.
func firstFailure(output string, err error) string {
	first := ""
	for _, m := range failed.FindAllStringSubmatch(output, -1) {
		if first == "" || strings.HasPrefix(m[1], first+"/") {
			first = m[1]
		}
	}
	if first != "" {
		return first
	}
	if m := hanging.FindStringSubmatch(output); m != nil {
		return m[1] + " hangs"
	}
	if line := fatal.FindString(output); line != "" && line != "FAIL" {
		return line
	}
	return err.Error()
}
