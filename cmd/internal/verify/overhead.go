package verify

import (
	"context"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

const (
	overheadLimit = 0.05
	warmups       = 3
	minRounds     = 10
	blockTime     = 5 * time.Millisecond // a block of calls takes about as long
	maxBlock      = 50
	roundsTime    = 3 * time.Second // of one size, once it has minRounds
	// What was not judged is measured again: other work comes and goes.
	attempts     = 3
	attemptsTime = 10 * time.Second
)

// checkOverhead times the plain Python call and the bridge's two, in turn, so
// that a machine that slows down slows all three.
func checkOverhead(ctx context.Context, s target.Target, kb int, m machine) Overhead {
	begin := m.now()
	o := Overhead{KB: kb, Limit: overheadLimit}
	t := newTimer(ctx, s, kb, m)
	if err := t.warmUp(); err != nil {
		o.Error = err.Error()
		return o
	}
	for try := 0; try == 0 || !o.Judged && try < attempts && m.now()-begin < attemptsTime; try++ {
		before := m.usage()
		rounds, err := t.measure()
		if err != nil {
			o.Error = err.Error()
			return o
		}
		load := loadBetween(before, m.usage())
		load.Stolen, load.Lost = stolen(rounds)
		o.judge(rounds, load)
	}
	return o
}

// judge fills in what the rounds say.
func (o *Overhead) judge(rounds []round, load Load) {
	median := func(side func(round) sample) float64 {
		times := make([]time.Duration, len(rounds))
		for i, r := range rounds {
			times[i] = side(r).typical
		}
		return us(quantile(times, 0.5))
	}
	reference, sync, async := (func(r round) sample { return r.reference }), (func(r round) sample { return r.sync }), (func(r round) sample { return r.async })
	o.Rounds, o.Load, o.Busy = len(rounds), load, load.busy()
	o.ReferenceUS, o.SyncUS, o.AsyncUS = median(reference), median(sync), median(async)
	one, other := judge(rounds, sync, load, o.Limit), judge(rounds, async, load, o.Limit)
	o.Sync, o.Async = one.overhead, other.overhead
	failed := one.judged && !one.pass || other.judged && !other.pass
	o.Judged = failed || one.judged && other.judged
	o.Pass = o.Judged && !failed
	o.Reason = ""
	if !o.Judged {
		o.Reason = "the machine is busy: " + load.String()
	}
}

// timer makes blocks of calls.
type timer struct {
	machine machine
	kinds   []func(n int) ([]time.Duration, error) // the reference, sync, async
	drain   func() error
	size    int // of a block
}

func newTimer(ctx context.Context, s target.Target, kb int, m machine) *timer {
	req, short := Payload(kb), Payload(1)
	timed := func(call func() error) func(int) ([]time.Duration, error) {
		return func(n int) ([]time.Duration, error) {
			times := make([]time.Duration, n)
			for i := range times {
				start := m.now()
				if err := call(); err != nil {
					return nil, err
				}
				times[i] = m.now() - start
			}
			return times, nil
		}
	}
	return &timer{
		machine: m,
		kinds: []func(int) ([]time.Duration, error){
			func(n int) ([]time.Duration, error) {
				_, times, err := s.Reference(ctx, req, n)
				return times, err
			},
			timed(func() error { _, err := s.Sync(ctx, req); return err }),
			timed(func() error { _, err := s.Async(ctx, req).Await(ctx); return err }),
		},
		drain: func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			_, err := s.Sync(ctx, short)
			return err
		},
		size: 1,
	}
}

// warmUp calls everything, and finds how many calls make a block: small payloads
// are called in blocks, so that what is compared is calls at work, and not the
// changing over.
func (t *timer) warmUp() error {
	for kind, call := range t.kinds {
		times, err := call(warmups)
		if err != nil {
			return err
		}
		if kind == 0 {
			t.size = int(max(1, min(maxBlock, blockTime/max(1, slices.Min(times)))))
		}
	}
	return nil
}

// block is what was seen of one block of calls.
type block struct {
	times         []time.Duration
	before, after map[int]thread
}

// measure makes rounds until there are enough.
func (t *timer) measure() ([]round, error) {
	var blocks [][3]block
	for begin := t.machine.now(); len(blocks) < minRounds || t.machine.now()-begin < roundsTime; {
		var three [3]block
		for i := range three {
			kind := (i + len(blocks)) % len(three) // nobody is always the first
			// What Python's thread still waits for from the block before is not this one's.
			if err := t.drain(); err != nil {
				return nil, err
			}
			b := block{before: t.machine.threads()}
			var err error
			if b.times, err = t.kinds[kind](t.size); err != nil {
				return nil, err
			}
			b.after = t.machine.threads()
			three[kind] = b
		}
		blocks = append(blocks, three)
	}
	python := busiest(blocks)
	rounds := make([]round, len(blocks))
	for i, b := range blocks {
		rounds[i] = round{b[0].sample(python), b[1].sample(python), b[2].sample(python)}
	}
	return rounds, nil
}

// busiest is the thread that worked most during the reference's blocks: Python's.
func busiest(blocks [][3]block) int {
	worked := map[int]time.Duration{}
	best := 0
	for _, b := range blocks {
		for id, t := range b[0].after {
			worked[id] += t.work - b[0].before[id].work
			if worked[id] > worked[best] {
				best = id
			}
		}
	}
	return best
}

func (b block) sample(python int) sample {
	n := time.Duration(max(1, len(b.times)))
	var sum time.Duration
	for _, d := range b.times {
		sum += d
	}
	s := sample{typical: quantile(slices.Clone(b.times), 0.5), mean: sum / n}
	before, was := b.before[python]
	after, is := b.after[python]
	if was && is {
		s.work, s.wait, s.known = (after.work-before.work)/n, (after.wait-before.wait)/n, true
		for id, t := range b.after {
			s.waits += (t.wait - b.before[id].wait) / n
		}
	}
	return s
}
