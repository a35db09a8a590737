package conformance

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

//go:embed adding.md
var adding string

// WriteMarkdown writes the page that docs/CONFORMANCE.md is.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Conformance\n\nHow exact programs are that tokenize for Mistral's models, by `make conformance`. Every answer is compared\nwith what the reference says to the same question in the same run:\n")
	fmt.Fprintf(&b, "%s. %s, %d cases.\n\n", r.reference(), r.Corpus, r.Cases)
	b.WriteString("A cell is passed / all checks (✓: all); – is what a program does not offer. Programs without chat are scored on\n" +
		"text alone. *Time* is that for 32 KB of text through the line protocol, divided by the reference's own in\n" +
		"process: a rough figure, and not for comparing machines.\n\n")
	fmt.Fprintf(&b, "| program | tokenizer | **all** | %s | time |\n|---|---|--:|%s--:|\n", join(corpus.Categories()), strings.Repeat("--:|", len(corpus.Categories())))
	for _, e := range r.Entries {
		title := strings.ReplaceAll(e.Title(), "|", `\|`)
		for _, t := range e.Tokenizers {
			cells := make([]string, 0, len(corpus.Categories()))
			for _, c := range corpus.Categories() {
				cells = append(cells, count(t.Category(c)))
			}
			fmt.Fprintf(&b, "| %s | %s | **%s** | %s | %s |\n", title, t.Name, percent(t.Score), strings.Join(cells, " | "), times(t.Speed))
		}
		if e.Note != "" {
			fmt.Fprintf(&b, "| %s | – | did not run |%s |\n", title, strings.Repeat(" |", len(corpus.Categories())))
		}
	}
	b.WriteString("\n## Where they differ\n\nThe smallest input that was found for each kind of failure, shrunk while both sides were asked.\n")
	for _, e := range r.Entries {
		r.markdownFailures(&b, e)
	}
	b.WriteString("\n" + adding)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) markdownFailures(b *strings.Builder, e *Entry) {
	if e.Note == "" && e.Score.Passed == e.Score.Total {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", e.Title())
	if e.Note != "" {
		fmt.Fprintf(b, "- %s\n", code(visible(e.Note)))
	}
	// What several tokenizers have in common is printed once, with the ids of the first.
	var order []string
	names, texts := map[string][]string{}, map[string]string{}
	add := func(name, what, text string) {
		if names[what] == nil {
			order = append(order, what)
			texts[what] = text
		}
		names[what] = append(names[what], name)
	}
	for _, t := range e.Tokenizers {
		if t.Note != "" {
			add(t.Name, code(visible(t.Note)), "")
		}
		for _, f := range t.Failures {
			add(t.Name, fmt.Sprintf("%s, %s: %d %s, smallest %s", f.Category, f.Op, f.Count, f.Kind, code(f.shown())), "<br>"+code(f.explanation()))
		}
	}
	for _, what := range order {
		fmt.Fprintf(b, "- %s: %s%s\n", strings.Join(names[what], ", "), what, texts[what])
	}
}

func join(all []corpus.Category) string {
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = string(c)
	}
	return strings.Join(texts, " | ")
}

// code is s between more backquotes than it has in a row.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + " " + s + " " + fence
}
