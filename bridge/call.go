package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// call is one job for Python: a sealed frame, and what to make of the reply.
// A call whose request could not be written carries the error instead.
type call[T any] struct {
	op     string
	frame  []byte
	err    error
	skip   int        // bytes of the body before that request
	media  bool       // the request may name images or audio, whatever the operation says
	accept job.Accept // nil: nothing is lost when nobody takes the reply
	read   func(*wire.Reply) (T, error)
	// warned, where there is one, receives the warnings of Python.
	warned func([]Warning)
	// explain, where there is one, adds detail to what Python raised.
	explain func(*PyError) error
}

func (c *call[T]) job() job.Job { return job.Job{Frame: c.frame, Accept: c.accept} }

// do makes the call and waits for it.
func do[T any](ctx context.Context, rt *Runtime, c call[T]) (T, error) {
	var zero T
	if c.err != nil {
		return zero, seam.Refused(c.err)
	}
	if mayFetch(rt, c) {
		var err error
		if c.frame, err = fetch(ctx, rt, c.frame, c.skip); err != nil {
			return zero, err
		}
	}
	if err := rt.fits(c.frame); err != nil {
		return zero, err
	}
	reply, err := rt.client.Do(ctx, c.job())
	if err != nil {
		return zero, fmt.Errorf("bridge: %s: %w", c.op, outward(err))
	}
	return finish(ctx, rt, c, &reply)
}

// start makes the call and returns its future. No goroutine waits for it, but where
// something has to be fetched first: the first caller that asks reads the reply.
func start[T any](ctx context.Context, rt *Runtime, c call[T]) *async.Future[T] {
	if c.err != nil {
		return async.Failed[T](seam.Refused(c.err))
	}
	if mayFetch(rt, c) {
		f, promise := async.New[T]()
		go func() {
			v, err := do(ctx, rt, c)
			if err != nil {
				promise.Reject(err)
				return
			}
			promise.Resolve(v)
		}()
		return f
	}
	if err := rt.fits(c.frame); err != nil {
		return async.Failed[T](err)
	}
	queued, err := rt.client.Submit(ctx, c.job())
	if err != nil {
		return async.Failed[T](fmt.Errorf("bridge: %s: %w", c.op, outward(err)))
	}
	return async.Lazy(queued, func() (T, error) {
		reply, err := queued.Reply()
		if err != nil {
			var zero T
			return zero, fmt.Errorf("bridge: %s: %w", c.op, outward(err))
		}
		return finish(ctx, rt, c, &reply)
	})
}

func finish[T any](ctx context.Context, rt *Runtime, c call[T], r *wire.Reply) (T, error) {
	var zero T
	warnings, err := rt.takeMessages(r)
	if err != nil {
		return zero, err
	}
	notifyWarnings(ctx, warnings)
	if err := replyError(c.op, r); err != nil {
		if pe, ok := err.(*PyError); ok { //nolint:errorlint // made just above
			pe.Warnings = warnings
			if c.explain != nil {
				err = c.explain(pe)
			}
		}
		return zero, err
	}
	v, err := c.read(r)
	if err != nil {
		return zero, unreadable(c.op, err)
	}
	if c.warned != nil {
		c.warned(warnings)
	}
	if w, ok := any(v).(interface{ setWarnings([]Warning) }); ok {
		w.setWarnings(warnings)
	}
	return v, nil
}

// unreadable is the error of a reply that the caller's types cannot take, or that is none.
func unreadable(op string, err error) error {
	switch {
	case errors.Is(err, mistral.ErrInexact):
		return fmt.Errorf("%s: %w", op, err)
	case errors.As(err, new(*TokenIDError)), errors.As(err, new(*mistral.InputError)):
		return err
	}
	return fmt.Errorf("%w: %s: unreadable reply: %w", ErrInternal, op, err)
}

// takeMessages takes the warnings and the log lines off a reply. The lines go to
// the logger here, on the caller's goroutine and never on the interpreter's.
func (rt *Runtime) takeMessages(r *wire.Reply) (warnings []Warning, err error) {
	rt.backend.logSignals(rt.log)
	announced := 0
	for _, flag := range []uint32{wire.ReplyWarnings, wire.ReplyLogs} {
		if r.Flags&flag != 0 {
			announced++
		}
	}
	if len(r.Bufs) < announced {
		return nil, fmt.Errorf("%w: %d kinds of messages are announced in %d buffers", ErrInternal, announced, len(r.Bufs))
	}
	if r.Flags&wire.ReplyWarnings != 0 {
		if warnings, err = readWarnings(r.Bufs[0]); err != nil {
			return nil, err
		}
		r.Bufs = r.Bufs[1:]
	}
	if r.Flags&wire.ReplyLogs != 0 {
		var lines [][3]string
		if err := json.Unmarshal(r.Bufs[0], &lines); err != nil {
			return nil, fmt.Errorf("%w: log lines: %w", ErrInternal, err)
		}
		r.Bufs = r.Bufs[1:]
		for _, l := range lines {
			rt.log.Log(context.Background(), level(l[0]), l[2], "logger", l[1])
		}
	}
	return warnings, nil
}

func level(name string) slog.Level {
	switch name {
	case "DEBUG":
		return slog.LevelDebug
	case "WARNING":
		return slog.LevelWarn
	case "ERROR", "CRITICAL":
		return slog.LevelError
	}
	return slog.LevelInfo
}
