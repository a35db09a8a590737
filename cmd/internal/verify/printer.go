package verify

import (
	"fmt"
	"io"
	"strings"
)

// Printer writes the checks as they come, in the format of the original script.
// A nil Printer writes nothing.
type Printer struct{ W io.Writer }

var rule = strings.Repeat("=", 60)

func (p *Printer) printf(format string, args ...any) {
	if p != nil {
		fmt.Fprintf(p.W, format, args...)
	}
}

func (p *Printer) banner(r *Report) {
	p.printf("%s\nMistral Tokenizer Async Fix Validation\n%s\n", rule, rule)
	p.printf("mistral_common %s, tiktoken %s, sentencepiece %s, Python %s (%s)\n",
		r.Packages["mistral-common"], r.Packages["tiktoken"], r.Packages["sentencepiece"], r.Python, r.Source)
}

func (p *Printer) tokenizer(t TokenizerReport) {
	p.printf("\n%s: %s on %s\n", t.Name, t.Class, t.Raw)
}

func (p *Printer) section(title string) { p.printf("\n%s\n", title) }

func (p *Printer) responsiveness(r Responsiveness) {
	figures := fmt.Sprintf("longest of %d gaps %.1f ms, without the call %.1f ms; %d KB in %.1f ms",
		r.Wakeups, r.GapMaxMS, r.ControlMaxMS, r.KB, r.EncodeMS)
	switch {
	case r.failed():
		p.printf("✗ FAIL: Event loop blocked: %s (%s)\n", r.Error, figures)
	case !r.Judged:
		p.printf("  Event loop: not judged: %s (%s)\n", r.Reason, figures)
	default:
		p.printf("✓ PASS: Event loop never blocked (%s)\n", figures)
	}
}

func (p *Printer) exactness(x Exactness) {
	switch {
	case x.Error != "":
		p.printf("✗ FAIL: %d KB: %s\n", x.KB, x.Error)
	case !x.Pass:
		p.printf("✗ FAIL: Token mismatch at %d KB: %s\n  Python: %d tokens\n  Sync:   %d tokens\n  Async:  %d tokens\n",
			x.KB, x.Differ, x.Tokens, x.Sync, x.Async)
	default:
		p.printf("✓ PASS: %d tokens match exactly (%d KB: sync, async, Python)\n", x.Tokens, x.KB)
	}
}

func (p *Printer) overhead(o Overhead) {
	if o.Error != "" {
		p.printf("  %3d KB payload: ✗ FAIL - %s\n", o.KB, o.Error)
		return
	}
	status := "✓ PASS"
	switch {
	case o.failed():
		status = "✗ FAIL"
	case !o.Judged:
		status = "not judged: " + o.Reason
	}
	p.printf("  %3d KB payload: %s - Overhead: %+.1f%% (sync: %.6fs, async: %.6fs; Go sync %+.1f%%; %d rounds)\n",
		o.KB, status, 100*o.Async, o.ReferenceUS/1e6, o.AsyncUS/1e6, 100*o.Sync, o.Rounds)
	if o.Judged && o.Busy {
		p.printf("                  the machine is busy (%s): waiting for processors is left out\n", o.Load)
	}
}

func (p *Printer) verdict(r *Report) {
	p.printf("\n%s\n%s\n%s\n", rule, r.verdict(), rule)
}
