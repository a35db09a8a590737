package bulk

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Show reports how far a run is until stop is called: on a terminal in one line that changes, else
// in a line every ten seconds and one at the end.
func (p *Progress) Show(w io.Writer, terminal bool, columns int) (stop func()) {
	every := 10 * time.Second
	draw := func() { _, _ = fmt.Fprintf(w, "mtok: %s\n", p.State()) }
	last := draw
	if terminal {
		every = 250 * time.Millisecond
		draw = func() { _, _ = fmt.Fprintf(w, "\r\x1b[K%s", p.State().bar(columns)) }
		last = func() { draw(); _, _ = fmt.Fprintln(w) }
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				draw()
			case <-end:
				last()
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// bar is the state with a bar before it, in one line.
func (s State) bar(columns int) string {
	const width = 20
	full := width
	if s.Total > 0 {
		full = int(width * s.Bytes / s.Total)
	}
	line := "▕" + strings.Repeat("█", full) + strings.Repeat(" ", width-full) + "▏ " + s.String()
	if runes := []rune(line); len(runes) >= columns && columns > 1 {
		line = string(runes[:columns-1])
	}
	return line
}
