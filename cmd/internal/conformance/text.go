package conformance

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cases; the reference is %s\n", r.Corpus, r.Cases, r.reference())
	for _, e := range r.Entries {
		fmt.Fprintf(&b, "\n%s  %s\n", e.Title(), percent(e.Score))
		if e.Note != "" {
			fmt.Fprintf(&b, "  ✗ %s\n", visible(e.Note))
			continue
		}
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprint(table, "  tokenizer\tall\t")
		for _, c := range corpus.Categories() {
			fmt.Fprintf(table, "%s\t", c)
		}
		fmt.Fprintln(table, "time")
		for _, t := range e.Tokenizers {
			fmt.Fprintf(table, "  %s\t%s\t", t.Name, percent(t.Score))
			for _, c := range corpus.Categories() {
				fmt.Fprintf(table, "%s\t", count(t.Category(c)))
			}
			fmt.Fprintln(table, times(t.Speed))
		}
		_ = table.Flush() // into a Builder
		for _, t := range e.Tokenizers {
			if t.Note != "" {
				fmt.Fprintf(&b, "  ✗ %s: %s\n", t.Name, visible(t.Note))
			}
			for _, f := range t.Failures {
				fmt.Fprintf(&b, "  ✗ %s, %s, %s: %d %s; smallest %s\n      %s\n", t.Name, f.Category, f.Op, f.Count, f.Kind, f.shown(), f.explanation())
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) reference() string {
	return fmt.Sprintf("mistral-common %s (sentencepiece %s, tiktoken %s, Python %s)",
		r.Packages["mistral-common"], r.Packages["sentencepiece"], r.Packages["tiktoken"], r.Python)
}

// percent is 100 % only where everything passed.
func percent(s Score) string {
	switch {
	case s.Total == 0:
		return "–"
	case s.Passed == s.Total:
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(99.9, 100*s.Rate()))
}

func count(s Score) string {
	switch {
	case s.Total == 0:
		return "–"
	case s.Passed == s.Total:
		return "✓"
	}
	return fmt.Sprintf("%d/%d", s.Passed, s.Total)
}

func times(speed float64) string {
	if speed == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f×", speed)
}

// shown is the input as it can stand on one line.
func (f *Failure) shown() string {
	if f.Category.IsChat() {
		return visible(f.Input)
	}
	return fmt.Sprintf("%q", cutText(f.Input, 200))
}

// explanation says what is wrong with the answer.
func (f *Failure) explanation() string {
	if f.Tokens == nil {
		return visible(f.Text)
	}
	return fmt.Sprintf("%s; token %d: %s", visible(f.Text), f.Tokens.At, f.Tokens)
}

// visible is s on one line, with nothing in it that moves a cursor or breaks XML.
func visible(s string) string {
	quoted := fmt.Sprintf("%q", cutText(strings.ToValidUTF8(s, "�"), 500))
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}
