package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// Subject is a program to score. With Setup failed, Note says how, and it is not
// started.
type Subject struct {
	Command Command
	Judged  bool
	Note    string
}

// Config says what to check.
type Config struct {
	Tokenizers []string          // nil: all
	Categories []corpus.Category // nil: all
	Probes     int               // for shrinking one failure; 0: 400, negative: none
	NoSpeed    bool
	Told       func(format string, args ...any) // of progress; nil: no one
}

// maxFaults is how often a program may hang, crash or talk nonsense with one
// tokenizer before the rest counts as failed.
const maxFaults = 8

func (c Config) withDefaults() Config {
	if c.Tokenizers == nil {
		c.Tokenizers = Tokenizers()
	}
	if c.Categories == nil {
		c.Categories = corpus.Categories()
	}
	if c.Probes == 0 {
		c.Probes = 400
	}
	if c.Told == nil {
		c.Told = func(string, ...any) {}
	}
	return c
}

// Run scores the programs one after the other. Errors are the reference's and that
// of ctx; nothing that a program does is one.
func Run(ctx context.Context, ref Reference, subjects []Subject, cfg Config) ([]*Entry, error) {
	cfg = cfg.withDefaults()
	var cases []corpus.Case
	for _, c := range corpus.All() {
		if slices.Contains(cfg.Categories, c.Category) {
			cases = append(cases, c)
		}
	}
	var all []*Entry
	for _, s := range subjects {
		e, err := runSubject(ctx, ref, s, cases, cfg)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func runSubject(ctx context.Context, ref Reference, s Subject, cases []corpus.Case, cfg Config) (*Entry, error) {
	e := &Entry{Name: s.Command.withDefaults().Name, Command: s.Command.shown(), Judged: s.Judged, Note: s.Note}
	if e.Note != "" {
		cfg.Told("%s: %s", e.Name, e.Note)
		return e, nil
	}
	impl, err := Start(ctx, s.Command, ref)
	if f := asFault(err); f != nil {
		e.Note = "it does not start: " + f.Error()
		cfg.Told("%s: %s", e.Name, e.Note)
		return e, nil
	}
	if err != nil {
		return nil, err
	}
	defer impl.Close()
	e.Name, e.Version, e.Supports = impl.Info.Name, impl.Info.Version, impl.Info.Supports
	for _, name := range cfg.Tokenizers {
		if !slices.Contains(impl.Info.Tokenizers, name) {
			continue
		}
		t := &tokenizerRun{checker: checker{ref, impl, name}, info: &impl.Info, cfg: cfg, result: &TokenizerResult{Name: name}}
		if err := t.run(ctx, cases); err != nil {
			return nil, err
		}
		cfg.Told("%s, %s: %d of %d %s", e.Title(), name, t.result.Score.Passed, t.result.Score.Total, t.result.Note)
		e.Tokenizers = append(e.Tokenizers, t.result)
		e.Score.add(t.result.Score)
	}
	if e.Score.Total == 0 {
		e.Note = "it supports nothing that was asked for"
	}
	return e, nil
}

// tokenizerRun is the work on one tokenizer of one program.
type tokenizerRun struct {
	checker
	info   *Info
	cfg    Config
	result *TokenizerResult
	failed []failed
	faults int
}

type failed struct {
	x  corpus.Case
	op Op
	v  verdict
}

func (t *tokenizerRun) run(ctx context.Context, cases []corpus.Case) error {
	for _, category := range t.cfg.Categories {
		for _, op := range ops(t.info, category) {
			cell := Cell{Category: category, Op: op}
			for _, x := range cases {
				if x.Category != category {
					continue
				}
				cell.Total++
				if t.result.Note != "" {
					continue
				}
				v, err := t.check(ctx, x, op)
				var load *LoadError
				if errors.As(err, &load) {
					t.result.Note = load.Error()
					continue
				}
				if err != nil {
					return err
				}
				if v.kind == "" {
					cell.Passed++
					continue
				}
				t.fail(failed{x, op, v})
			}
			t.result.Cells = append(t.result.Cells, cell)
			t.result.Score.add(cell.Score)
		}
	}
	if err := t.explain(ctx); err != nil {
		return err
	}
	return t.speed(ctx)
}

func (t *tokenizerRun) fail(f failed) {
	t.failed = append(t.failed, f)
	if f.v.kind == Timeout || f.v.kind == Crash || f.v.kind == Garbage {
		if t.faults++; t.faults == maxFaults {
			t.result.Note = fmt.Sprintf("given up after %d faults", maxFaults)
		}
	}
}

// explain finds the smallest inputs for each kind of failure in each cell.
func (t *tokenizerRun) explain(ctx context.Context) error {
	slices.SortStableFunc(t.failed, func(a, b failed) int { return cmp.Compare(a.x.Len(), b.x.Len()) })
	type key struct {
		c corpus.Category
		o Op
		k Kind
	}
	known := map[key][]*Failure{}
	for _, f := range t.failed {
		k := key{f.x.Category, f.op, f.v.kind}
		if one := explains(known[k], f.x); one != nil {
			one.Count++
			one.Cases = append(one.Cases, f.x.ID)
			continue
		}
		one, err := t.failure(ctx, f)
		if err != nil {
			return err
		}
		known[k] = append(known[k], one)
		t.result.Failures = append(t.result.Failures, one)
	}
	return nil
}

// maxCauses is how many failures of a kind are distinguished in a cell.
const maxCauses = 3

// explains is the failure that x most likely is another case of: one whose smallest
// input it has in it. Inputs that fail for other reasons are worth an own search.
func explains(known []*Failure, x corpus.Case) *Failure {
	for _, f := range known {
		if x.Category.IsChat() || strings.Contains(x.Text, f.Input) {
			return f
		}
	}
	if len(known) == maxCauses {
		return known[maxCauses-1]
	}
	return nil
}

func (t *tokenizerRun) failure(ctx context.Context, f failed) (*Failure, error) {
	out := &Failure{Category: f.x.Category, Op: f.op, Kind: f.v.kind, Count: 1, Cases: []string{f.x.ID}}
	x, v := f.x, f.v
	if t.cfg.Probes > 0 {
		s := &shrinker{checker: t.checker, op: f.op, kind: f.v.kind, probes: t.cfg.Probes, until: time.Now().Add(30 * time.Second)}
		small, found, repeats, err := s.shrink(ctx, f.x)
		switch {
		case errors.As(err, new(*LoadError)):
		case err != nil:
			return nil, err
		case repeats:
			x, v = small, found
		default:
			v.text += " (not a second time)"
		}
	}
	out.Input, out.Text = x.Text+string(x.Request), v.text
	if v.kind == Wrong && (f.op == Encode || f.op == Chat) {
		d, err := differ(ctx, t.ref, t.tokenizer, v.want.IDs, v.got.IDs)
		if err != nil {
			return nil, err
		}
		out.Tokens = d
	}
	return out, nil
}
