package executor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

func spinnerOn(procs int32) *spinner {
	s := newSpinner(Spin{Executor: 200 * us, Caller: 500 * us})
	s.procs.Store(procs)
	return s
}

func TestSpinner_executorBudget(t *testing.T) {
	s := spinnerOn(2)
	require.Zero(t, s.executorBudget(false), "nothing is known: sleep")
	s.recordGap(20 * us)
	s.recordGap(20 * us)
	require.NotZero(t, s.executorBudget(false), "two short gaps start it")
	require.LessOrEqual(t, s.executorBudget(false), 200*us)
	require.Zero(t, s.executorBudget(true), "a woken waiter needs the P")
	s.freesP = true
	require.NotZero(t, s.executorBudget(true), "and has it, when the doorbell holds none")
	s.freesP = false
	for range 10 {
		s.recordGap(5 * us)
	}
	require.Less(t, s.executorBudget(false), 30*us, "it follows the gaps")
	s.recordGap(time.Hour)
	require.LessOrEqual(t, s.executorBudget(false), 200*us)
	s.recordGap(time.Hour)
	require.Zero(t, s.executorBudget(false), "long gaps stop it")
	s.recordGap(20 * us)
	s.recordGap(20 * us)
	require.NotZero(t, s.executorBudget(false), "a pause weighs no more than its cap")
}

func TestSpinner_oneProcessor(t *testing.T) {
	s := spinnerOn(1)
	for range 10 {
		s.recordGap(us)
		s.ran(0, us)
	}
	require.Zero(t, s.executorBudget(false))
	require.Zero(t, s.callerBudget(0))
}

func TestSpinner_negativeLimits(t *testing.T) {
	s := newSpinner(noSpin)
	s.procs.Store(8)
	for range 10 {
		s.recordGap(us)
		s.ran(0, us)
	}
	require.Zero(t, s.executorBudget(false))
	require.Zero(t, s.callerBudget(0))
}

func TestSpinner_callerBudget(t *testing.T) {
	s := spinnerOn(2)
	s.ran(0, 100*us)
	require.GreaterOrEqual(t, s.callerBudget(0), 200*us, "longer than the job")
	s.ran(0, 5*ms)
	require.Zero(t, s.callerBudget(0))
	for range 30 {
		s.ran(0, 5*ms)
	}
	require.Zero(t, s.callerBudget(0), "long jobs are slept for")
	for range 60 {
		s.ran(0, 20*us)
	}
	require.NotZero(t, s.callerBudget(0))
	require.LessOrEqual(t, s.callerBudget(0), 500*us)
	s.submitted(3)
	require.Zero(t, s.callerBudget(0), "nobody spins in a crowd")
	for range crowdMemory {
		require.Zero(t, s.callerBudget(0))
		s.submitted(0)
	}
	require.NotZero(t, s.callerBudget(0))
}

// The mean loss is bounded, whatever the machine does: a miss is paid back by many calls that only sleep.
func TestSpinner_misses(t *testing.T) {
	s := spinnerOn(2)
	s.ran(0, 20*us)
	j := &Job{}
	const calls = 3000
	start := s.credit.Load()
	for range calls {
		require.False(t, s.await(j, false))
	}
	misses := s.callerMisses.Load()
	require.Positive(t, misses)
	lost := time.Duration(misses) * s.callerBudget(0)
	require.LessOrEqual(t, lost, time.Duration(start)+calls*allowance+s.callerBudget(0))
	j.state.Store(settled)
	require.True(t, s.await(j, false))
}

func TestSpinner_credit(t *testing.T) {
	s := spinnerOn(2)
	s.ran(0, 20*us)
	s.credit.Store(0)
	s.recordSpin(0, true, 15*us)
	require.EqualValues(t, gain, s.credit.Load(), "a hit earns")
	s.recordSpin(0, true, 400*us)
	require.Negative(t, s.credit.Load(), "a hit that took longer than sleeping is a loss")
	for range 10_000 {
		s.recordSpin(0, true, 20*us)
	}
	require.EqualValues(t, maxCredit, s.credit.Load(), "nobody saves for ever")
	for range maxCredit / (400 * us) {
		s.recordSpin(0, false, 400*us)
		require.Positive(t, s.credit.Load(), "a few misses are noise")
	}
	s.recordSpin(0, false, 400*us)
	require.Negative(t, s.credit.Load(), "a row of them stops it")
}

func TestSpinner_waitingCallers(t *testing.T) {
	s := spinnerOn(2)
	s.waiting.Store(1)
	s.submitted(0)
	require.NotZero(t, s.callerBudget(0), "oneself is none")
	s.waiting.Store(2)
	s.submitted(0)
	require.Zero(t, s.callerBudget(0))
}

func TestSpinner_await_oneCaller(t *testing.T) {
	s := newSpinner(Spin{Caller: time.Hour})
	s.procs.Store(2)
	s.token.Store(true)
	require.False(t, s.await(&Job{}, false), "must not poll for an hour")
}

// Two that poll for each other meet before long, however seldom both have a processor.
func TestSpinner_meet(t *testing.T) {
	e := open(t, echo, Options{Spin: Spin{Executor: 50 * ms, Caller: 50 * ms}})
	defer shut(t, e)
	alone, calls := e.spin.procs.Load() < 2, int64(0)
	require.True(t, happens(func() bool {
		for range 2000 {
			_, err := e.Do(context.Background(), frame(1))
			require.NoError(t, err)
			calls++
		}
		s := e.Stats().Spins
		return alone || s.CallerHits > 0 && s.ExecutorHits > 0
	}))
	s := e.Stats()
	if alone {
		require.Zero(t, s.Spins)
		return
	}
	assert.LessOrEqual(t, s.Parks+s.Spins.ExecutorHits, calls, "one ring ends one wait: who polled did not sleep")
}

// After the last job the thread polls once more at most, and then sleeps without coming back.
func TestExecutor_idleThreadSleeps(t *testing.T) {
	e := open(t, echo, Options{})
	defer shut(t, e)
	for range 100 {
		_, _ = e.Do(context.Background(), frame(1))
	}
	b := e.options.Doorbell.(*bell)
	require.True(t, happens(func() bool { return b.state.Load() == bellAsleep }))
	before := e.Stats()
	time.Sleep(20 * ms)
	require.Equal(t, before, e.Stats())
}

func TestBell_Ring(t *testing.T) {
	for _, spin := range []time.Duration{0, 100 * us} {
		t.Run(fmt.Sprint(spin), func(t *testing.T) {
			b := newBell()
			b.Ring()
			require.Equal(t, spin > 0, b.Wait(spin), "rung before: no sleep")
			back := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for range 2000 {
					b.Wait(spin)
					back <- struct{}{}
				}
			})
			for range 2000 { // one lost ring would hang here
				b.Ring()
				<-back
			}
			wg.Wait()
			require.Equal(t, bellQuiet, b.state.Load())
		})
	}
}

func TestClassOf(t *testing.T) {
	s := spinnerOn(2)
	small, large := classOf(make([]byte, 1000)), classOf(make([]byte, 500_000))
	require.NotEqual(t, small, large)
	s.ran(small, 20*us)
	s.ran(large, 50*ms)
	require.NotZero(t, s.callerBudget(small), "a large job is no reason to sleep for a small one")
	require.Zero(t, s.callerBudget(large))
}
