package async_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
)

// upper stands for work that is done elsewhere.
func upper(_ context.Context, s string) *async.Future[string] {
	f, p := async.New[string]()
	go func() {
		if s == "" {
			p.Reject(errors.New("empty input"))
			return
		}
		p.Resolve(strings.ToUpper(s))
	}()
	return f
}

func ExampleFuture_Await() {
	ctx := context.Background()
	f := upper(ctx, "bonjour") // the work is under way; do something else
	s, err := f.Await(ctx)
	fmt.Println(s, err)
	// Output: BONJOUR <nil>
}

func ExampleLazy() {
	text := upper(context.Background(), "bonjour")
	length := async.Lazy(text, func() (int, error) {
		s, err := text.Result()
		return len(s), err
	})
	fmt.Println(length.Await(context.Background()))
	// Output: 7 <nil>
}

func ExampleAll() {
	ctx := context.Background()
	fmt.Println(async.All(upper(ctx, "a"), upper(ctx, "b")).Await(ctx))
	fmt.Println(async.All(upper(ctx, "a"), upper(ctx, "")).Await(ctx))
	// Output:
	// [A B] <nil>
	// [] empty input
}

func ExampleFirst() {
	ctx := context.Background()
	fmt.Println(async.First(upper(ctx, ""), upper(ctx, "b")).Await(ctx))
	// Output: B <nil>
}

func ExampleMap() {
	ctx := context.Background()
	words := slices.Values([]string{"un", "", "trois"})
	for s, err := range async.Map(ctx, words, 2, upper) {
		fmt.Println(s, err)
	}
	// Output:
	// UN <nil>
	//  empty input
	// TROIS <nil>
}

func ExampleStream() {
	ctx := context.Background()
	s := async.NewStream(ctx, 2, upper)
	defer s.Stop()
	go func() {
		defer s.Close()
		for _, w := range []string{"un", "deux", "trois"} {
			if s.Push(ctx, w) != nil {
				return
			}
		}
	}()
	for w := range s.Results() {
		fmt.Println(w)
	}
	fmt.Println(s.Err())
	// Output:
	// UN
	// DEUX
	// TROIS
	// <nil>
}
