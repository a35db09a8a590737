package bridge

import (
	"context"
	"encoding/json"
	"fmt"
)

// Warning is a Python warning that a call raised.
type Warning struct {
	Module   string // module of the category
	Category string // FutureWarning, DeprecationWarning, …
	Message  string
}

func readWarnings(b []byte) ([]Warning, error) {
	var list [][3]string
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("%w: warnings: %w", ErrInternal, err)
	}
	out := make([]Warning, len(list))
	for i, w := range list {
		out[i] = Warning{Module: w[0], Category: w[1], Message: w[2]}
	}
	return out, nil
}

type warningsKey struct{}

// NotifyWarnings returns a context for calls whose warnings go to f too, whatever
// they return: f is called once by each call that warned, before its result is
// there, on the goroutine that waits for it or asks its future.
func NotifyWarnings(ctx context.Context, f func([]Warning)) context.Context {
	return context.WithValue(ctx, warningsKey{}, f)
}

func notifyWarnings(ctx context.Context, w []Warning) {
	if len(w) == 0 {
		return
	}
	if f, ok := ctx.Value(warningsKey{}).(func([]Warning)); ok {
		f(w)
	}
}
