package main

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bench"
)

// benchWorkers measures worker processes, tokenizer by tokenizer.
func benchWorkers(ctx context.Context, s streams, env *envFlags, names []string, n int, asJSON bool) error {
	open := func(ctx context.Context, n int) (*bridge.Runtime, error) {
		rt, _, err := env.open(ctx, s, bridge.WithWorkers(n))
		return rt, err
	}
	out := s.out
	if asJSON {
		out = s.err
	}
	for _, name := range names {
		w, err := bench.MeasureWorkers(ctx, open, parseSource(name), name, n, out)
		if err != nil {
			return ofTokenizer(err)
		}
		if asJSON {
			if err := json.NewEncoder(s.out).Encode(w); err != nil {
				return err
			}
		}
	}
	return nil
}
