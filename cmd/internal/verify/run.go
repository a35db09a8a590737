package verify

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

// Config says what to verify.
type Config struct {
	Sizes   []int   // kilobytes; nil: the default of each check
	machine machine // nil: the one we are on
	// NoClock leaves out what the clock decides, as under an emulator.
	NoClock bool
	// Told receives each finished check's line or lines as they come; may be nil.
	Told *Printer
}

// The sizes of each check, in kilobytes.
var (
	exactSizes    = []int{1, 100, 439, 500}
	overheadSizes = []int{1, 100, 500}
	gapSize       = 500
)

// Named is a tokenizer and what to call it.
type Named struct {
	Name   string
	Desc   bridge.Description
	Target target.Target
}

const noClock = "the clock was not asked"

// Run makes the three checks on each tokenizer, or the one that needs no clock.
func Run(ctx context.Context, info bridge.Info, list []Named, cfg Config) (*Report, error) {
	r := &Report{Python: info.Python, Executable: info.Executable, Source: info.Source, Packages: info.Packages, NoClock: cfg.NoClock, Pass: true}
	if cfg.machine == nil {
		cfg.machine = thisHost()
	}
	cfg.Told.banner(r)
	for _, n := range list {
		t := checkTokenizer(ctx, n, cfg)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.Pass = r.Pass && t.Pass
		r.Tokenizers = append(r.Tokenizers, t)
	}
	cfg.Told.verdict(r)
	return r, nil
}

func checkTokenizer(ctx context.Context, n Named, cfg Config) TokenizerReport {
	exact, over, gap := exactSizes, overheadSizes, gapSize
	if len(cfg.Sizes) > 0 {
		exact, over, gap = cfg.Sizes, cfg.Sizes, cfg.Sizes[0]
		for _, kb := range cfg.Sizes {
			gap = max(gap, kb)
		}
	}
	t := TokenizerReport{Name: n.Name, Class: n.Desc.Class, Raw: n.Desc.Raw}
	p := cfg.Told
	p.tokenizer(t)

	if cfg.NoClock {
		t.Responsiveness.Reason = noClock
		over = nil
	} else {
		p.section("Testing event loop responsiveness...")
		t.Responsiveness = checkResponsiveness(ctx, n.Target, gap, gapLimit, cfg.machine)
		p.responsiveness(t.Responsiveness)
	}
	t.Pass = !t.Responsiveness.failed()

	p.section("Testing tokenization correctness...")
	for _, kb := range exact {
		x := checkExactness(ctx, n.Target, kb)
		p.exactness(x)
		t.Exactness = append(t.Exactness, x)
		t.Pass = t.Pass && x.Pass
	}

	if len(over) > 0 {
		p.section("Testing performance overhead...")
	}
	for _, kb := range over {
		o := checkOverhead(ctx, n.Target, kb, cfg.machine)
		p.overhead(o)
		t.Overhead = append(t.Overhead, o)
		t.Pass = t.Pass && !o.failed()
	}
	return t
}
