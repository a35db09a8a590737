package executor

import (
	"errors"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// Defaults. BenchmarkHop shows what the spins do on a machine, against none.
const (
	DefaultExecutorSpin = 200 * time.Microsecond
	DefaultCallerSpin   = 500 * time.Microsecond
)

// Options tune an Executor. The zero value is the default of everything.
type Options struct {
	// Queue bounds the jobs waiting to run (the running one is not among them). 0 is job.DefaultQueue.
	Queue int
	// WaitWhenFull makes submissions wait for a place until their context ends, instead of job.ErrOverloaded.
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

	// Class distinguishes kinds of jobs by their frames: the usual run time is kept for each, for Spin's sake. nil goes by
	// size.
	Class func(frame []byte) uint8

	freesP bool // the doorbell is a given one, which waits without a P
}

// Spin holds the longest time each side polls before it sleeps. 0 is the default, negative is off. The package comment
// says what it costs.
type Spin struct {
	Executor time.Duration // the locked thread, for the next job
	Caller   time.Duration // Do and Job.Wait, for the outcome
}

func (o Options) withDefaults() (Options, error) {
	if o.Queue < 0 {
		return o, errors.New("executor: Queue is negative")
	}
	if o.Queue == 0 {
		o.Queue = job.DefaultQueue
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
