package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

// serial numbers the requests of a run, so that none was seen before.
var serial int

func next() int { serial++; return serial }

// Measure runs one case on one tokenizer.
func Measure(ctx context.Context, t Named, c Case) (Result, error) {
	r := Result{Case: c.Name, Tokenizer: t.Name, Callers: c.Callers, Runs: c.Runs}
	for range 3 { // warm up: code, caches, and the history of the chat
		if _, err := t.Target.Sync(ctx, c.Make(next())); err != nil {
			return r, err
		}
	}
	var ours, theirs, core, exec []time.Duration
	for range c.Runs {
		// A block of calls each, so that both sides are measured at work and not
		// at waking up.
		d, err := callers(ctx, t.Target, c)
		if err != nil {
			return r, err
		}
		ours = append(ours, d...)
		req := c.Make(next())
		body, err := req.MarshalJSON()
		if err != nil {
			return r, err
		}
		r.Bytes = len(body)
		_, ref, err := t.Target.Reference(ctx, req, c.Block)
		if err != nil {
			return r, err
		}
		theirs = append(theirs, ref...)
		if c.Callers > 1 || t.Tokenizer == nil {
			continue
		}
		e, err := raw.Of(t.Tokenizer).ReferenceExecutor(ctx, body, c.Block)
		if err != nil {
			return r, err
		}
		exec = append(exec, e...)
		if c.Text != nil {
			k, err := raw.Of(t.Tokenizer).ReferenceCore(ctx, c.Text(next()), c.Block)
			if err != nil {
				return r, err
			}
			core = append(core, k...)
		}
	}
	r.Bridge, r.BridgeP99, r.Reference = median(ours), at(ours, 0.99), median(theirs)
	r.Core, r.Executor = median(core), median(exec)
	r.Ratio = r.Bridge / r.Reference
	return r, nil
}

// callers makes a block of calls, each with a text of its own. Several callers
// work together; the time is that of all, divided by the number of calls.
func callers(ctx context.Context, s target.Target, c Case) ([]time.Duration, error) {
	reqs := make([]*mistral.ChatCompletionRequest, c.Block*c.Callers)
	for i := range reqs {
		reqs[i] = c.Make(next())
	}
	if c.Callers == 1 {
		times := make([]time.Duration, len(reqs))
		for i, r := range reqs {
			start := time.Now()
			if _, err := s.Sync(ctx, r); err != nil {
				return nil, err
			}
			times[i] = time.Since(start)
		}
		return times, nil
	}
	errs := make([]error, c.Callers)
	var wg sync.WaitGroup
	start := time.Now()
	for k := range c.Callers {
		wg.Go(func() {
			for _, r := range reqs[k*c.Block : (k+1)*c.Block] {
				if _, err := s.Sync(ctx, r); err != nil {
					errs[k] = err
				}
			}
		})
	}
	wg.Wait()
	each := time.Since(start) / time.Duration(len(reqs))
	return []time.Duration{each}, errors.Join(errs...)
}
