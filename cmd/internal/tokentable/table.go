package tokentable

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/fatih/color"
	"github.com/rivo/uniseg"
)

// Table writes the tokens in lines of pieces with their ids below, none wider than
// width columns unless a single piece is. With colour the pieces alternate between
// two backgrounds; without, a bar stands between them. A line ends where the text
// has one.
func Table(w io.Writer, tokens []Token, width int, colour bool) error {
	t := &table{paint: newPaint(colour), space: ' '}
	if !colour {
		// Without a background, a space cannot be distinguished from the gap to the next bar.
		t.bar, t.space = "│", '·'
	}
	var row []cell
	used := 0
	for i, tok := range tokens {
		c := newCell(i, tok, t.space)
		if len(row) > 0 && used+c.width+1 > width {
			t.flush(row)
			row, used = row[:0], 0
		}
		row = append(row, c)
		used += c.width + 1
		if endsLine(tok.Piece) {
			t.flush(row)
			row, used = row[:0], 0
		}
	}
	t.flush(row)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// endsLine knows SentencePiece's name for a newline too.
func endsLine(piece []byte) bool {
	return bytes.HasSuffix(piece, []byte("\n")) || string(piece) == "<0x0A>"
}

type cell struct {
	index     int
	text, id  string
	textWidth int
	width     int
}

func newCell(index int, tok Token, space rune) cell {
	c := cell{index: index, text: visible(tok.Piece, space), id: strconv.Itoa(int(tok.ID))}
	c.textWidth = uniseg.StringWidth(c.text)
	c.width = max(c.textWidth, len(c.id))
	return c
}

type table struct {
	out   strings.Builder
	bar   string
	space rune
	paint paint
	lines int
}

func (t *table) flush(row []cell) {
	if len(row) == 0 {
		return
	}
	if t.lines > 0 {
		t.out.WriteByte('\n')
	}
	t.lines++
	between := t.bar
	if between == "" {
		between = " "
	}
	var pieces, ids strings.Builder
	for i, c := range row {
		last := i == len(row)-1
		pieces.WriteString(t.paint.piece(c.index, c.text))
		ids.WriteString(t.paint.id(c.id))
		if last {
			pieces.WriteString(t.bar)
			break
		}
		pieces.WriteString(strings.Repeat(" ", c.width-c.textWidth) + between)
		ids.WriteString(strings.Repeat(" ", c.width-len(c.id)) + " ")
	}
	t.out.WriteString(pieces.String() + "\n" + ids.String() + "\n")
}

// paint colours the parts of a table, or leaves them.
type paint struct {
	even, odd, faint *color.Color
}

func newPaint(colour bool) paint {
	p := paint{
		even:  color.New(color.FgBlack, color.BgHiCyan),
		odd:   color.New(color.FgBlack, color.BgHiYellow),
		faint: color.New(color.Faint),
	}
	for _, c := range []*color.Color{p.even, p.odd, p.faint} {
		if colour {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return p
}

func (p paint) piece(i int, s string) string {
	if i%2 == 0 {
		return p.even.Sprint(s)
	}
	return p.odd.Sprint(s)
}

func (p paint) id(s string) string { return p.faint.Sprint(s) }
