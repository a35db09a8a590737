package bench

import (
	"fmt"
	"html"
	"io"
	"strings"
)

const (
	rowHeight = 22
	labelW    = 300
	barW      = 420 // for a ratio of 1
	top       = 56
)

// WriteSVG draws the ratios as bars, with a line where Python itself is.
func (r *Report) WriteSVG(w io.Writer) error {
	height := top + rowHeight*len(r.Results) + 20
	width := labelW + barW*5/4 + 60
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="12" y="24" font-size="16" font-weight="600">bridge ÷ plain Python call (less is faster)</text>`+"\n")
	for i, x := range r.Results {
		y := top + rowHeight*i
		fill := "#4361a8"
		if strings.Contains(x.Tokenizer, "tekken") {
			fill = "#d9822b"
		}
		long := min(x.Ratio, 1.25) * barW
		label := fmt.Sprintf("%s · %s · %d caller%s", x.Tokenizer, x.Case, x.Callers, plural(x.Callers))
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#333">%s</text>`+"\n", labelW-8, y+15, html.EscapeString(label))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s" rx="2"/>`+"\n", labelW, y+3, long, rowHeight-6, fill)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#333">%.2f</text>`+"\n", labelW+long+6, y+15, x.Ratio)
	}
	fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="#b00" stroke-dasharray="4 3"/>`+"\n",
		labelW+barW, labelW+barW, top-8, height-16)
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" fill="#b00">Python calling itself</text>`+"\n</svg>\n", labelW+barW, top-14)
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
