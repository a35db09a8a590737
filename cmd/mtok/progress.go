package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// newProgress reports on w what building the environment is doing: with a bar on a
// terminal, else in a few lines. Nothing is printed when the environment exists.
func newProgress(w io.Writer) func(bridge.Progress) {
	plain := plainProgress(w)
	if !isTerminal(w) {
		return plain
	}
	var bar *progressbar.ProgressBar
	return func(p bridge.Progress) {
		if p.Total == 0 {
			if bar != nil {
				_ = bar.Finish()
				bar = nil
			}
			plain(p)
			return
		}
		if bar == nil {
			bar = progressbar.NewOptions(p.Total, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(),
				progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false), progressbar.OptionFullWidth())
		}
		bar.Describe(p.Text)
		_ = bar.Set(p.Done)
	}
}

// plainProgress prints each stage, and of those that count every fourth part.
func plainProgress(w io.Writer) func(bridge.Progress) {
	last := -1
	return func(p bridge.Progress) {
		if p.Total == 0 {
			fmt.Fprintf(w, "mtok: %s\n", p.Text)
			return
		}
		if step := p.Done * 4 / p.Total; step != last {
			last = step
			fmt.Fprintf(w, "mtok: %s (%d of %d)\n", p.Text, p.Done, p.Total)
		}
	}
}
