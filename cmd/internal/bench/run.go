package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

// Named is what is measured and what to call it.
type Named struct {
	Name   string
	Target target.Target
	// Tokenizer is what the core and the plain call behind asyncio are measured
	// on; nil leaves them out.
	Tokenizer *bridge.Tokenizer
}

// Config says what to measure.
type Config struct {
	Filter string // only cases whose name contains it
	GapKB  []int  // nil: 500, 5 MB, 27 MB; empty: none
	Log    io.Writer
}

// Run measures all cases on all tokenizers.
func Run(ctx context.Context, info bridge.Info, list []Named, cfg Config) (*Report, error) {
	r := &Report{Info: info, CPUs: runtime.GOMAXPROCS(0)}
	for _, t := range list {
		for _, c := range Cases() {
			if !strings.Contains(c.Name, cfg.Filter) {
				continue
			}
			x, err := Measure(ctx, t, c)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", t.Name, c.Name, err)
			}
			fmt.Fprintf(cfg.Log, "%-12s %-28s %d callers  bridge %9.0f µs  Python %9.0f µs  ratio %.2f\n",
				x.Tokenizer, x.Case, x.Callers, x.Bridge, x.Reference, x.Ratio)
			r.Results = append(r.Results, x)
		}
	}
	sizes := cfg.GapKB
	if sizes == nil {
		sizes = []int{500, 5 * 1024, 27 * 1024}
	}
	for _, t := range list {
		for _, kb := range sizes {
			g, err := MeasureGap(ctx, t, kb, max(1, min(20, 10*1024/kb)))
			if err != nil {
				return nil, fmt.Errorf("%s, %d KB: %w", t.Name, kb, err)
			}
			fmt.Fprintf(cfg.Log, "%-12s gap while %d KB are encoded: longest %.1f ms, p99.9 %.1f ms (idle %.1f, %.1f)\n",
				g.Tokenizer, kb, g.MaxMS, g.P999MS, g.IdleMaxMS, g.IdleP999)
			r.Gaps = append(r.Gaps, g)
		}
	}
	return r, nil
}
