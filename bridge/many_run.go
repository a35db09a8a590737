package bridge

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/media"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// manyRun is one such call under way.
type manyRun[T any] struct {
	many[T]

	ctx    context.Context //nolint:containedctx // it lives as long as the call
	rt     *Runtime
	out    []Answer[T]
	next   int          // the first request that is in no frame
	sent   bool         // something was queued
	ahead  int          // how many frames may be under way
	under  []manyJob[T] // in the order in which they were sent
	bodies []byte       // of the next frame
	ends   []int
}

// manyJob is a frame under way: of several requests, or of one alone.
type manyJob[T any] struct {
	items  []int
	job    job.Pending
	future *async.Future[T] // of one that has to fetch something first
	alone  bool
}

// pack sends the next frame.
func (r *manyRun[T]) pack() error {
	r.bodies, r.ends = r.bodies[:0], r.ends[:0]
	if cap(r.bodies) > 2*manyBytes {
		r.bodies = nil
	}
	var items []int
	cost := 0
	for ; r.next < r.n && cost < manyBytes; r.next++ {
		begin := len(r.bodies)
		body, err := r.body(r.bodies, r.next)
		if err != nil {
			r.fail(r.next, seam.Refused(err))
			continue
		}
		switch size := len(body) - begin; {
		case size >= manyBytes/2, r.rt.maxInput > 0 && size > r.rt.maxInput, r.fetches(body[begin:]):
			// What is before it is sent before it.
			if err := r.send(items); err != nil {
				return err
			}
			err := r.sendAlone(r.next)
			r.next++
			return err
		default:
			cost += size + r.extra
		}
		r.bodies = body
		r.ends = append(r.ends, len(body))
		items = append(items, r.next)
	}
	return r.send(items)
}

func (r *manyRun[T]) fetches(body []byte) bool {
	return r.media && r.rt.fetcher != nil && media.MayName(body)
}

func (r *manyRun[T]) fail(i int, err error) { r.out[i].Err = &ItemError{Index: i, Err: err} }

func (r *manyRun[T]) send(items []int) error {
	if len(items) == 0 {
		return nil
	}
	frame := wire.NewFrame(r.header, wire.ManySize(r.bodies, r.ends))
	frame = wire.Seal(wire.Many(frame, r.bodies, r.ends))
	return r.submit(manyJob[T]{items: items}, frame)
}

func (r *manyRun[T]) sendAlone(i int) error {
	c := r.alone(i)
	if c.err != nil {
		r.fail(i, seam.Refused(c.err))
		return nil
	}
	if mayFetch(r.rt, c) {
		if err := r.room(); err != nil {
			return err
		}
		r.under = append(r.under, manyJob[T]{items: []int{i}, alone: true, future: start(r.ctx, r.rt, c)})
		return nil
	}
	if err := r.rt.fits(c.frame); err != nil {
		r.fail(i, err)
		return nil
	}
	return r.submit(manyJob[T]{items: []int{i}, alone: true}, c.frame)
}

// submit queues a frame. The first may be refused; the others wait for a place, since answers
// are there that would be lost.
func (r *manyRun[T]) submit(j manyJob[T], frame []byte) error {
	if err := r.room(); err != nil {
		return err
	}
	asked := job.Job{Frame: frame}
	if r.sent {
		asked.Full = job.Wait
	}
	queued, err := r.rt.client.Submit(r.ctx, asked)
	if err != nil {
		return fmt.Errorf("bridge: %s: %w", r.one.op, outward(err))
	}
	r.sent = true
	j.job = queued
	r.under = append(r.under, j)
	return nil
}

// room waits until one more may be under way.
func (r *manyRun[T]) room() error {
	for len(r.under) >= r.ahead {
		if err := r.take(); err != nil {
			return err
		}
	}
	return nil
}

// take waits for a frame and reads its answers.
func (r *manyRun[T]) take() error {
	at, err := r.awaitNext()
	if err != nil {
		return fmt.Errorf("bridge: %s: %w", r.one.op, outward(err))
	}
	j := r.under[at]
	r.under = slices.Delete(r.under, at, at+1)
	if j.future != nil {
		v, err := j.future.Result()
		return r.record(j.items[0], v, err)
	}
	reply, err := j.job.Reply()
	if err != nil {
		err = fmt.Errorf("bridge: %s: %w", r.one.op, outward(err))
	}
	if j.alone {
		var v T
		if err == nil {
			v, err = finish(r.ctx, r.rt, r.one, &reply)
		}
		return r.record(j.items[0], v, err)
	}
	var answers wire.Answers
	if err == nil {
		answers, err = r.read(&reply, len(j.items))
	}
	if err != nil {
		if r.over(err) {
			return err
		}
		// One of them may have ended the worker, or run out of memory or time: not the others.
		return r.again(j.items)
	}
	return r.completeAll(j.items, answers)
}

// read reads the reply to a frame of many.
func (r *manyRun[T]) read(reply *wire.Reply, n int) (wire.Answers, error) {
	warnings, err := r.rt.takeMessages(reply)
	if err != nil {
		return wire.Answers{}, err
	}
	notifyWarnings(r.ctx, warnings)
	if err := replyError(r.one.op, reply); err != nil {
		return wire.Answers{}, err
	}
	answers, err := wire.ReadMany(reply, n, r.header.Flags&wire.FlagCount != 0)
	if err != nil {
		return answers, unreadable(r.one.op, err)
	}
	return answers, nil
}

func (r *manyRun[T]) completeAll(items []int, answers wire.Answers) error {
	var alone []int
	for at, length := range answers.Lengths {
		i := items[at]
		switch {
		case length >= 0 && r.header.Flags&wire.FlagCount != 0:
			r.out[i].Value = r.value(nil, length)
		case length >= 0:
			r.out[i].Value = r.value(answers.Next(length), length)
		case length == wire.Alone:
			alone = append(alone, i)
		default:
			var v T
			whole, err := answers.Whole(length)
			if err != nil {
				err = unreadable(r.one.op, err)
			} else {
				v, err = finish(r.ctx, r.rt, r.one, &whole)
			}
			if err := r.record(i, v, err); err != nil {
				return err
			}
		}
	}
	return r.again(alone)
}

// awaitNext waits until one of the frames under way has its outcome: the oldest, where they run one
// after the other, else any, so that a large request does not keep the other workers waiting.
func (r *manyRun[T]) awaitNext() (int, error) {
	if len(r.under) == 1 || r.ahead == 2 {
		return 0, r.under[0].waiter().Wait(r.ctx)
	}
	cases := make([]reflect.SelectCase, 0, len(r.under)+1)
	for _, j := range r.under {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(j.waiter().Done())})
	}
	cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.ctx.Done())})
	at, _, _ := reflect.Select(cases)
	if at == len(r.under) {
		return 0, r.ctx.Err()
	}
	return at, nil
}

func (j *manyJob[T]) waiter() async.Waiter {
	if j.future != nil {
		return j.future
	}
	return j.job
}

// again makes requests by themselves.
func (r *manyRun[T]) again(items []int) error {
	for _, i := range items {
		if err := r.sendAlone(i); err != nil {
			return err
		}
	}
	return nil
}

// record keeps an answer; it returns an error that ends the whole call.
func (r *manyRun[T]) record(i int, v T, err error) error {
	if err == nil {
		r.out[i].Value = v
		return nil
	}
	if r.over(err) {
		return err
	}
	r.fail(i, err)
	return nil
}

// over reports whether nothing more can come of the call.
func (r *manyRun[T]) over(err error) bool {
	return r.ctx.Err() != nil || errors.Is(err, ErrClosed) || errors.Is(err, job.ErrClosed)
}
