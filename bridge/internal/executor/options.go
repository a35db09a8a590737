package executor

import (
	"errors"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Defaults. BenchmarkHop shows what the spins do on a machine, against none.
const (
	DefaultQueue        = 1024
	DefaultExecutorSpin = 200 * time.Microsecond
	DefaultCallerSpin   = 500 * time.Microsecond
)

// Options tune an Executor. The zero value is the default of everything.
type Options struct {
	// Queue bounds the jobs waiting to run (the running one is not among them). 0 is DefaultQueue.
	Queue int
	// WaitWhenFull makes submissions wait for a place until their context ends, instead of ErrOverloaded.
	WaitWhenFull bool
	// Spin limits polling before sleeping.
	Spin Spin
	// Doorbell replaces the primitive the thread sleeps on, by one that holds no P meanwhile. nil is one made of a Go
	// channel.
	Doorbell Doorbell
	// KeepThread parks the thread for ever when the executor has ended, instead of letting it exit. An interpreter
	// that is never finalised wants that: the exit of the thread that initialised it would run its thread-local
	// destructors. It costs one parked goroutine and one sleeping thread.
	KeepThread bool

	// Class tells kinds of jobs apart by their frames: the usual run time is kept for each, for Spin's sake. nil goes by
	// size.
	Class func(frame []byte) uint8

	freesP bool // the doorbell is a given one, which waits without a P
}

// Spin holds the longest time each side polls before it sleeps. 0 is the default, negative is off. What it costs is
// told in the package comment.
type Spin struct {
	Executor time.Duration // the locked thread, for the next job
	Caller   time.Duration // Do and Job.Wait, for the outcome
}

// SubmitOption is something that one submission wants.
type SubmitOption struct {
	full   whenFull
	accept Accept
}

type whenFull uint8

const (
	wait whenFull = iota + 1
	refuse
)

var (
	// WaitWhenFull waits for a place in a full queue until the context ends, whatever Options say.
	WaitWhenFull = SubmitOption{full: wait}
	// RefuseWhenFull returns ErrOverloaded at once if the queue is full, whatever Options say.
	RefuseWhenFull = SubmitOption{full: refuse}
)

// Accept is told of the reply of a job that succeeded, on the thread that made it and before the job has its outcome,
// also when that will be another one because its context has ended. What nobody is there to take must not be lost: a
// frame that it returns is run next, to undo the job, and its reply dropped.
type Accept func(reply *wire.Reply) (undo []byte)

// WithAccept asks for a.
func WithAccept(a Accept) SubmitOption { return SubmitOption{accept: a} }

// Waits says what opts do about a full queue, where byDefault is done without them.
func Waits(byDefault bool, opts []SubmitOption) bool {
	for _, o := range opts {
		if o.full != 0 {
			byDefault = o.full == wait
		}
	}
	return byDefault
}

// AcceptOf is what opts ask for, nil if nothing.
func AcceptOf(opts []SubmitOption) Accept {
	for _, o := range opts {
		if o.accept != nil {
			return o.accept
		}
	}
	return nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Queue < 0 {
		return o, errors.New("executor: Queue is negative")
	}
	if o.Queue == 0 {
		o.Queue = DefaultQueue
	}
	if o.Spin.Executor == 0 {
		o.Spin.Executor = DefaultExecutorSpin
	}
	if o.Spin.Caller == 0 {
		o.Spin.Caller = DefaultCallerSpin
	}
	if o.Class == nil {
		o.Class = classOf
	}
	o.freesP = o.Doorbell != nil
	if o.Doorbell == nil {
		o.Doorbell = newBell()
	}
	return o, nil
}
