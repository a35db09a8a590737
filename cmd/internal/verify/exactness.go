package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

// checkExactness compares sync, async and the plain Python call, token by token.
func checkExactness(ctx context.Context, s target.Target, kb int) Exactness {
	x := Exactness{KB: kb}
	req := Payload(kb)
	want, _, err := s.Reference(ctx, req, 1)
	if err != nil {
		x.Error = err.Error()
		return x
	}
	future := s.Async(ctx, req)
	sync, err := s.Sync(ctx, req)
	if err != nil {
		x.Error = err.Error()
		return x
	}
	later, err := future.Await(ctx)
	if err != nil {
		x.Error = err.Error()
		return x
	}
	x.Tokens, x.Sync, x.Async = len(want), len(sync), len(later.Tokens)
	switch {
	case !slices.Equal(sync, want):
		x.Differ = "sync " + firstDifference(sync, want)
	case !slices.Equal(later.Tokens, want):
		x.Differ = "async " + firstDifference(later.Tokens, want)
	case len(want) == 0:
		x.Differ = "the reference gave no tokens"
	}
	x.Pass = x.Differ == ""
	return x
}

func firstDifference(got, want []int32) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("differs at token %d: %d, the reference has %d", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("has %d tokens, the reference %d", len(got), len(want))
}
