package async_test

import (
	"context"
	"testing"

	"github.com/mistralbridge/mistralbridge/async"
)

func BenchmarkFutureReady(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = async.Ready(1).Await(ctx)
	}
}

func BenchmarkFuturePromise(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		f, p := async.New[int]()
		p.Resolve(1)
		_, _ = f.Await(ctx)
	}
}

func BenchmarkFutureLazy(b *testing.B) {
	ctx := b.Context()
	g := newGate()
	close(g.done)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = async.Lazy(g, func() (int, error) { return 1, nil }).Await(ctx)
	}
}

func BenchmarkFutureAwaitDoneParallel(b *testing.B) {
	f := async.Ready(1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = f.Await(context.Background())
		}
	})
}

func BenchmarkFutureAll16(b *testing.B) {
	in := make([]*async.Future[int], 16)
	for i := range in {
		in[i] = async.Ready(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = async.All(in...).Await(b.Context())
	}
}

func BenchmarkFutureFirst16(b *testing.B) {
	in := make([]*async.Future[int], 16)
	for i := range in {
		in[i], _ = async.New[int]()
	}
	in[15] = async.Ready(1)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = async.First(in...).Await(b.Context())
	}
}

func BenchmarkMap(b *testing.B) {
	b.ReportAllocs()
	source := func(yield func(int) bool) {
		for b.Loop() {
			if !yield(1) {
				return
			}
		}
	}
	for range async.Map(b.Context(), source, 8, ready) {
	}
}

func BenchmarkStream(b *testing.B) {
	b.ReportAllocs()
	s := async.NewStream(b.Context(), 8, ready)
	go func() {
		defer s.Close()
		for range b.N {
			_ = s.Push(b.Context(), 1)
		}
	}()
	for range s.Results() {
	}
}
