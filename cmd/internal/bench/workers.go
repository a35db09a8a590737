package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Opener opens a Runtime on a number of workers.
type Opener func(ctx context.Context, workers int) (*bridge.Runtime, error)

// Workers is what a number of worker processes does.
type Workers struct {
	Tokenizer string    `json:"tokenizer"`
	Workers   int       `json:"workers"`
	Scaling   []Scaling `json:"scaling"`
	// A request of 1 KB alone, and while 5 MB are encoded beside it, one after another.
	AloneP50  float64 `json:"alone_us_p50"`
	AloneP99  float64 `json:"alone_us_p99"`
	BesideP50 float64 `json:"beside_5mb_us_p50"`
	BesideP99 float64 `json:"beside_5mb_us_p99"`
	// How long after its deadline of 50 ms a call of some seconds comes back.
	CancelP50 float64  `json:"cancel_us_p50"`
	CancelMax float64  `json:"cancel_us_max"`
	Memory    []Memory `json:"memory"`
}

// Scaling compares the calls a second of all workers with those of one.
type Scaling struct {
	Bytes     int     `json:"bytes"`
	Callers   int     `json:"callers"`
	One       float64 `json:"one_per_s"`
	All       float64 `json:"all_per_s"`
	PerWorker float64 `json:"per_worker"` // All ÷ (Workers × One)
	// Processor time of a call with all workers, in µs: in this process, what makes the request included, and in theirs.
	Ours   float64 `json:"go_cpu_us"`
	Theirs float64 `json:"worker_cpu_us"`
}

const workerTime = 3 * time.Second // of each measurement

// MeasureWorkers measures one tokenizer on n workers, and on one.
func MeasureWorkers(ctx context.Context, open Opener, source bridge.Source, name string, n int, log io.Writer) (*Workers, error) {
	w := &Workers{Tokenizer: name, Workers: n}
	w.Scaling = []Scaling{{Bytes: 1 << 10, Callers: 8}, {Bytes: 1 << 10, Callers: 64}, {Bytes: 100 << 10, Callers: 8}}
	// One worker, all of them, all again, one again: what drifts in the machine hits both alike.
	for _, count := range []int{1, n, n, 1} {
		err := with(ctx, open, source, count, func(rt *bridge.Runtime, tok *bridge.Tokenizer) error {
			for i := range w.Scaling {
				s := &w.Scaling[i]
				got, err := measureRate(ctx, rt, tok, s.Bytes, s.Callers)
				if err != nil {
					return err
				}
				if count == 1 {
					s.One += got.perSecond / 2
				} else {
					s.All += got.perSecond / 2
					s.Ours += got.ours / 2
					s.Theirs += got.theirs / 2
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range w.Scaling {
		s := &w.Scaling[i]
		s.PerWorker = s.All / (float64(n) * s.One)
		fmt.Fprintf(log, "%-12s %7d bytes %3d callers  one worker %8.0f/s  %d workers %8.0f/s  each %.2f of one; %.0f µs of processor time a call here, %.0f in workers\n",
			name, s.Bytes, s.Callers, s.One, n, s.All, s.PerWorker, s.Ours, s.Theirs)
	}
	err := with(ctx, open, source, n, func(rt *bridge.Runtime, tok *bridge.Tokenizer) error {
		return w.beside(ctx, rt, tok, log)
	})
	return w, err
}

func with(ctx context.Context, open Opener, source bridge.Source, n int, f func(*bridge.Runtime, *bridge.Tokenizer) error) error {
	rt, err := open(ctx, n)
	if err != nil {
		return err
	}
	tok, err := rt.Load(ctx, source)
	if err == nil {
		err = f(rt, tok)
	}
	return errors.Join(err, rt.Close(ctx))
}

// rate is how many calls a second a number of callers get through, and what one costs in µs of processor time.
type rate struct{ perSecond, ours, theirs float64 }

func measureRate(ctx context.Context, rt *bridge.Runtime, tok *bridge.Tokenizer, size, callers int) (rate, error) {
	var calls, failed atomic.Int64
	var number atomic.Int64
	run := func(d time.Duration) time.Duration {
		var wg sync.WaitGroup
		start := time.Now()
		for range callers {
			wg.Go(func() {
				for time.Since(start) < d {
					req := user(text(pieces[1].piece, size, int(number.Add(1))))
					if _, err := tok.EncodeChat(ctx, req); err != nil {
						failed.Add(1)
						return
					}
					calls.Add(1)
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	run(workerTime / 6) // warm-up: the workers are there, and their pages are their own
	calls.Store(0)
	oursBefore, theirsBefore, err := cpuTime(rt)
	if err != nil {
		return rate{}, err
	}
	took := run(workerTime)
	ours, theirs, err := cpuTime(rt)
	if err != nil {
		return rate{}, err
	}
	if failed.Load() > 0 {
		return rate{}, fmt.Errorf("%d calls failed", failed.Load())
	}
	n := float64(calls.Load())
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	return rate{n / took.Seconds(), each(ours - oursBefore), each(theirs - theirsBefore)}, nil
}

// beside measures small requests alone and beside large ones, deadlines, and memory.
func (w *Workers) beside(ctx context.Context, rt *bridge.Runtime, tok *bridge.Tokenizer, log io.Writer) error {
	if _, err := smallCalls(ctx, tok, workerTime/6); err != nil {
		return err
	}
	alone, err := smallCalls(ctx, tok, workerTime)
	if err != nil {
		return err
	}
	streaming, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for streaming.Err() == nil {
				_, _ = tok.Count(streaming, user(text(pieces[1].piece, 5<<20, next())))
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	beside, err := smallCalls(ctx, tok, workerTime)
	memory := MemoryOf(rt)
	stop()
	wg.Wait()
	if err != nil {
		return err
	}
	late, err := deadlines(ctx, tok)
	if err != nil {
		return err
	}
	w.AloneP50, w.AloneP99, w.BesideP50, w.BesideP99 = at(alone, 0.5), at(alone, 0.99), at(beside, 0.5), at(beside, 0.99)
	w.CancelP50, w.CancelMax, w.Memory = at(late, 0.5), at(late, 1), memory
	fmt.Fprintf(log, "%-12s 1 KB alone p50 %.0f µs p99 %.0f µs; beside 5 MB p50 %.0f µs p99 %.0f µs (× %.1f)\n",
		w.Tokenizer, w.AloneP50, w.AloneP99, w.BesideP50, w.BesideP99, w.BesideP99/w.AloneP99)
	fmt.Fprintf(log, "%-12s given up after 50 ms: back after %.2f ms more at the median, %.2f at most\n", w.Tokenizer, w.CancelP50/1e3, w.CancelMax/1e3)
	for _, m := range memory {
		fmt.Fprintf(log, "%-12s process %d: %d MB resident, %d MB its own\n", w.Tokenizer, m.PID, m.Resident>>20, m.Private>>20)
	}
	return nil
}

func smallCalls(ctx context.Context, tok *bridge.Tokenizer, d time.Duration) (times []time.Duration, err error) {
	for start := time.Now(); time.Since(start) < d; {
		req := user(text(pieces[1].piece, 1<<10, next()))
		begun := time.Now()
		if _, err := tok.EncodeChat(ctx, req); err != nil {
			return nil, err
		}
		times = append(times, time.Since(begun))
	}
	return times, nil
}

// deadlines are how late calls come back that are given up after 50 ms.
func deadlines(ctx context.Context, tok *bridge.Tokenizer) (late []time.Duration, err error) {
	const limit = 50 * time.Millisecond
	body, err := user(text(pieces[1].piece, 5<<20, next())).MarshalJSON() // before the clock runs
	if err != nil {
		return nil, err
	}
	for range 10 {
		short, cancel := context.WithTimeout(ctx, limit)
		future := tok.CountJSONAsync(short, body)
		_, err := future.Await(ctx)
		deadline, _ := short.Deadline()
		late = append(late, max(0, time.Since(deadline)))
		cancel()
		if err == nil {
			return nil, fmt.Errorf("a call of seconds was answered before its deadline of %v", limit)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("a call of seconds with a deadline of %v: %w", limit, err)
		}
	}
	return late, nil
}
