package conformance

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

//go:embed page.html.tmpl
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": percent, "count": count, "times": times, "visible": visible,
	"shown": (*Failure).shown, "explanation": (*Failure).explanation,
}).Parse(pageSource))

// The picture's measures.
const (
	labelWidth = 330
	cellWidth  = 62
	rowHeight  = 24
	headHeight = 84
)

// row is one line of the picture: a program with a tokenizer.
type row struct {
	Label  string
	Text   int // where the text of the row stands
	Y      int
	Cells  []square
	Anchor string
}

type square struct {
	X, TextX     int
	Fill, Ink    string
	Text, Detail string
}

type column struct {
	Name string
	X    int
}

type picture struct {
	*Report
	Reference     string
	Columns       []column
	Rows          []row
	Width, Height int
	CellWidth     int
	RowHeight     int
}

// WritePage writes one page of HTML that needs nothing else: a picture, and the
// failures below it.
func (r *Report) WritePage(w io.Writer) error {
	p := picture{Report: r, Reference: r.reference(), CellWidth: cellWidth - 2, RowHeight: rowHeight - 2}
	names := append(make([]string, 0, 1+len(corpus.Categories())), "all")
	for _, c := range corpus.Categories() {
		names = append(names, string(c))
	}
	for i, name := range names {
		p.Columns = append(p.Columns, column{name, labelWidth + cellWidth*i + cellWidth/2})
	}
	for at, e := range r.Entries {
		anchor := fmt.Sprintf("program-%d", at)
		for _, t := range e.Tokenizers {
			p.add(e.Title()+" · "+t.Name, anchor, t)
		}
		if len(e.Tokenizers) == 0 {
			p.add(e.Title()+" · did not run", anchor, &TokenizerResult{})
		}
	}
	p.Width = labelWidth + cellWidth*len(names) + 10
	p.Height = headHeight + rowHeight*len(p.Rows) + 10
	return page.Execute(w, p)
}

func (p *picture) add(label, anchor string, t *TokenizerResult) {
	r := row{Label: label, Anchor: anchor, Y: headHeight + rowHeight*len(p.Rows)}
	r.Text = r.Y + 15
	scores := append(make([]Score, 0, len(p.Columns)), t.Score)
	for _, c := range corpus.Categories() {
		scores = append(scores, t.Category(c))
	}
	for i, s := range scores {
		text := count(s)
		if i == 0 {
			text = percent(s)
		}
		x := labelWidth + cellWidth*i
		fill, ink := colours(s)
		r.Cells = append(r.Cells, square{
			X: x, TextX: x + (cellWidth-2)/2, Fill: fill, Ink: ink, Text: text,
			Detail: fmt.Sprintf("%s, %s: %d of %d", label, p.Columns[i].Name, s.Passed, s.Total),
		})
	}
	p.Rows = append(p.Rows, r)
}

// colours shows at a glance: exact, nearly, often wrong, mostly wrong, not offered.
// The text in the cell says the same without them.
func colours(s Score) (fill, ink string) {
	switch rate := s.Rate(); {
	case s.Total == 0:
		return "#eceff1", "#78858c"
	case s.Passed == s.Total:
		return "#1b7f4b", "#ffffff"
	case rate >= 0.99:
		return "#b9d88a", "#1d2a10"
	case rate >= 0.9:
		return "#f2d16b", "#2e2500"
	case rate >= 0.5:
		return "#e8964a", "#2e1500"
	}
	return "#b8322a", "#ffffff"
}
