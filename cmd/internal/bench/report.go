package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Report is everything that a run has measured.
type Report struct {
	Info    bridge.Info
	CPUs    int
	Results []Result
	Gaps    []Gap
}

// WriteJSON writes one object a line.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, x := range r.Results {
		if err := enc.Encode(x); err != nil {
			return err
		}
	}
	for _, g := range r.Gaps {
		if err := enc.Encode(g); err != nil {
			return err
		}
	}
	return nil
}

// WriteMarkdown writes the page that docs/BENCHMARKS.md is.
func (r *Report) WriteMarkdown(w io.Writer, command, picture string) error {
	p := r.Info.Packages
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\nMade by `%s` on %d processors: Python %s, mistral_common %s, tiktoken %s, sentencepiece %s.\n\n",
		command, r.CPUs, r.Info.Python, p["mistral-common"], p["tiktoken"], p["sentencepiece"])
	b.WriteString(`The bridge and the plain Python call are made in turn, in one process and one run; quoted are
medians, and the ratio of the two. Below 1 the bridge is faster than Python calling itself. Every request has a
text that was not seen before; *as before* the tools were, and in the next turn the twenty turns before it. A text that
ends with a newline has a row of its own. *Core* is
the native tokenizer alone on the same text. *asyncio* is the plain call behind
` + "`run_in_executor`" + `, as a Python server makes it. With several callers the time is that of all, divided by the number
of calls.

`)
	fmt.Fprintf(&b, "![ratios](%s)\n\n", picture)
	b.WriteString("| tokenizer | request | callers | bridge µs | p99 | Python µs | **ratio** | core µs | bridge ÷ core | asyncio ÷ Python |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, x := range r.Results {
		fmt.Fprintf(&b, "| %s | %s | %d | %.0f | %.0f | %.0f | **%.2f** | %s | %s | %s |\n", x.Tokenizer, x.Case, x.Callers,
			x.Bridge, x.BridgeP99, x.Reference, x.Ratio, optional("%.0f", x.Core), ratio(x.Bridge, x.Core), ratio(x.Executor, x.Reference))
	}
	if len(r.Gaps) > 0 {
		b.WriteString("\n## Stalls\n\nThe longest gap that a goroutine saw which wakes every millisecond, while one request was encoded.\n\n" +
			"| tokenizer | bytes | call ms | gaps | longest ms | p99.9 ms | idle: longest | idle: p99.9 |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
		for _, g := range r.Gaps {
			fmt.Fprintf(&b, "| %s | %d | %.0f | %d | %.1f | %.1f | %.1f | %.1f |\n",
				g.Tokenizer, g.Bytes, g.CallMS, g.Wakeups, g.MaxMS, g.P999MS, g.IdleMaxMS, g.IdleP999)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func optional(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}
