package conformance

import (
	"context"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// shrinker looks for the smallest input that fails in the same way. Every candidate
// is put to both sides.
type shrinker struct {
	checker
	op     Op
	kind   Kind
	probes int // how many may be made
	until  time.Time
}

// shrink returns the smallest failing case that it found and its verdict; repeats is
// false if x itself does not fail a second time.
func (s *shrinker) shrink(ctx context.Context, x corpus.Case) (smallest corpus.Case, v verdict, repeats bool, err error) {
	try := func(candidate corpus.Case) bool {
		if err != nil || s.probes <= 0 || time.Now().After(s.until) {
			return false
		}
		s.probes--
		var found verdict
		if found, err = s.check(ctx, candidate, s.op); err != nil || found.kind != s.kind {
			return false
		}
		smallest, v, repeats = candidate, found, true
		return true
	}
	if !try(x) {
		return x, v, false, err
	}
	if x.Category.IsChat() {
		shrinkJSON(x.Request, func(request []byte) bool {
			c := x
			c.Request = request
			return try(c)
		})
	} else {
		shrinkText(x.Text, func(text string) bool {
			c := x
			c.Text = text
			return try(c)
		})
	}
	return smallest, v, repeats, err
}

// reduce takes parts out of a list for as long as fails says that the rest still
// does: halves first, then smaller and smaller parts (Zeller's ddmin). What remains
// fails, and no single element of it can go.
func reduce[T any](list []T, fails func([]T) bool) []T {
	for size := (len(list) + 1) / 2; size > 0 && len(list) > 0; {
		smaller := false
		for at := 0; at < len(list); {
			end := min(at+size, len(list))
			rest := append(append(make([]T, 0, len(list)), list[:at]...), list[end:]...)
			if fails(rest) {
				list, smaller = rest, true
				continue
			}
			at = end
		}
		switch {
		case size > 1:
			size /= 2
		case !smaller:
			size = 0
		}
	}
	return list
}

func shrinkText(text string, fails func(string) bool) string {
	return string(reduce([]rune(text), func(rest []rune) bool { return fails(string(rest)) }))
}
