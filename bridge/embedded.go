package bridge

import (
	"context"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
)

// The interpreter of this process as a backend.

func (p *interpreter) newClient() client { return p.exec.NewClient() }

func (p *interpreter) about() Info { return p.info }

func (p *interpreter) ready() error { return p.err }

func (p *interpreter) admit() error { return p.exec.Admit() }

func (p *interpreter) logSignals(log *slog.Logger) { p.signals.log(log) }

func (p *interpreter) parallel() int { return 1 }

// release does nothing: an interpreter stays as long as its process.
func (p *interpreter) release(context.Context) error { return nil }

func (p *interpreter) stats() Stats {
	s, c := p.exec.Stats(), cpython.ReadCounters()
	return Stats{
		Submitted: s.Submitted, Completed: s.Completed, Failed: s.Failed, Cancelled: s.Cancelled,
		Dropped: s.Dropped, Overloaded: s.Overloaded,
		Depth: s.Depth, MaxDepth: s.MaxDepth, Running: s.InFlight,
		WaitTotal: s.WaitTotal, WaitMax: s.WaitMax, RunTotal: s.RunTotal, RunMax: s.RunMax,
		Sleeps: s.Parks, SpinHits: s.Spins.ExecutorHits, SpinMisses: s.Spins.ExecutorMisses,
		CallerHits: s.Spins.CallerHits, CallerMisses: s.Spins.CallerMisses,
		RefsTaken: c.Taken, RefsReleased: c.Released, BuffersAllocated: c.Allocated, BuffersFreed: c.Freed,
	}
}
