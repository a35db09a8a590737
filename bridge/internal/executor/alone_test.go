package executor

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The tests use an executor without clients, and end it: in a program it has clients, and stays.

// SubmitOption is something that one submission wants.
type SubmitOption func(*job.Job)

func WaitWhenFull(j *job.Job)   { j.Full = job.Wait }
func RefuseWhenFull(j *job.Job) { j.Full = job.Refuse }

func WithAccept(a job.Accept) SubmitOption { return func(j *job.Job) { j.Accept = a } }

func jobOf(frame []byte, opts []SubmitOption) job.Job {
	j := job.Job{Frame: frame}
	for _, o := range opts {
		o(&j)
	}
	return j
}

func (e *Executor) Submit(ctx context.Context, frame []byte, opts ...SubmitOption) (*Job, error) {
	return e.submit(ctx, nil, jobOf(frame, opts))
}

func (e *Executor) Do(ctx context.Context, frame []byte, opts ...SubmitOption) (wire.Reply, error) {
	return e.do(ctx, nil, jobOf(frame, opts))
}

// Close stops intake and runs what is queued. When ctx ends first, the rest, the running job included, gets job.ErrClosed
// and Close returns a *job.CloseError; the thread ends whenever the engine returns. Close needs nothing from the engine,
// so one that is stuck for ever cannot hold it. Closing again is harmless and waits anew.
func (e *Executor) Close(ctx context.Context) error {
	e.shut()
	select {
	case <-e.ended:
		return nil
	default:
	}
	select {
	case <-e.ended:
		return nil
	case <-ctx.Done():
	}
	left, busy := e.giveUp(nil)
	if left == 0 && busy == 0 {
		return nil // it became idle just now
	}
	return &job.CloseError{Running: busy, Left: left, Err: ctx.Err()}
}
