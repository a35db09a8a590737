package pool

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// Defaults.
const (
	DefaultTimeLimit = 5 * time.Minute
	DefaultGrace     = 20 * time.Millisecond
	DefaultLoadLimit = 10 * time.Minute
	// largeJob is a frame that is a while on its way: with several workers one of them is kept free of these.
	largeJob = 256 << 10
)

// Options say what runs, and within which bounds. The zero value of each is its default.
type Options struct {
	Python string   // the interpreter's executable
	Env    []string // its environment
	Boot   []byte   // what loader reads: {"bootstrap": text, "config": text}

	Workers      int
	Queue        int  // places of jobs that wait
	WaitWhenFull bool // instead of ErrOverloaded

	Memory    uint64        // bytes a worker may take beyond what it shares; 0: no bound
	TimeLimit time.Duration // of one call in a worker, without the time it waits; negative: none
	LoadLimit time.Duration // of one change of what is loaded, which reads files and may download them; negative: none
	Grace     time.Duration // for a worker whose caller has gone
	Gather    time.Duration // of short work that a busy worker is given before an idle one is woken; 0: none

	// Settings are frames that every first process gets before anything is loaded.
	Settings [][]byte
	Log      *slog.Logger

	clock clock
}

func (o Options) withDefaults() (Options, error) {
	if o.Workers < 1 {
		return o, errors.New("pool: there must be at least one worker")
	}
	o.Queue = cmp.Or(o.Queue, job.DefaultQueue)
	o.TimeLimit = cmp.Or(o.TimeLimit, DefaultTimeLimit)
	o.LoadLimit = cmp.Or(o.LoadLimit, DefaultLoadLimit)
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	if o.clock == nil {
		o.clock = systemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
