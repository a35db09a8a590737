package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// speedRounds is how often each side is timed, in turn.
const speedRounds = 5

// speed divides the program's time for 32 KB of text, through the line protocol, by
// the reference's in this process: the medians of texts that differ.
func (t *tokenizerRun) speed(ctx context.Context) error {
	if t.cfg.NoSpeed || t.result.Note != "" || !t.info.Can(Encode) {
		return nil
	}
	var ours, theirs []time.Duration
	for n := range speedRounds + 1 {
		q := Question{Op: Encode, Text: fmt.Sprintf("%d ", n) + strings.Repeat("The river had risen in the night; nobody knew how far.\n\tif x != nil { return 42 }\n", 400)}
		start := time.Now()
		if _, err := t.ref.Ask(ctx, t.tokenizer, q); err != nil {
			return err
		}
		between := time.Now()
		a, err := t.impl.Ask(ctx, t.tokenizer, q)
		if asFault(err) != nil || errors.As(err, new(*LoadError)) || a.Refused != "" {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 0 {
			continue // warming up
		}
		ours, theirs = append(ours, between.Sub(start)), append(theirs, time.Since(between))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if ours[speedRounds/2] > 0 {
		t.result.Speed = float64(theirs[speedRounds/2]) / float64(ours[speedRounds/2])
	}
	return nil
}
