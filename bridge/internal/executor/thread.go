package executor

import (
	"runtime"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// thread is the locked goroutine. It never unlocks: the OS thread ends with it, or is kept.
func (e *Executor) thread(starter Starter, started chan<- error) {
	runtime.LockOSThread()
	defer e.end() // also when the engine leaves by runtime.Goexit
	engine, err := launch(starter)
	started <- err
	if err == nil {
		e.loop(engine)
	}
}

func launch(starter Starter) (engine Engine, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(v)
		}
	}()
	return starter()
}

// loop goes from job to job, and waits only when there is none.
func (e *Executor) loop(engine Engine) {
	reply := new(wire.Reply)
	woke, idle := true, false
	var idleSince time.Duration
	for n := 1; ; n++ {
		j, end := e.queue.pop()
		if j == nil {
			if end {
				return
			}
			if !idle {
				idle, idleSince = true, time.Since(e.epoch)
			}
			woke = e.sleep(woke)
			continue
		}
		if idle {
			idle = false
			e.spin.recordGap(j.queuedAt - idleSince)
		}
		if n%procsEvery == 0 {
			e.spin.countProcs()
		}
		woke = e.run(engine, j, reply) || woke
	}
}

// sleep waits at the doorbell, unless something came meanwhile. woke says that a waiter was woken since the thread last
// slept; sleep returns whether that is still so.
func (e *Executor) sleep(woke bool) bool {
	e.asleep.Store(true)
	if e.queue.hasWork() && e.asleep.CompareAndSwap(true, false) {
		return woke // nobody has rung, and nobody will
	}
	budget := e.spin.executorBudget(woke)
	polled := e.options.Doorbell.Wait(budget)
	e.spin.polled(budget, polled)
	if !polled {
		e.stats.parks.Add(1)
		return false
	}
	return woke
}

// run gives one job to the engine and publishes its outcome, unless it was given up meanwhile. It reports whether a
// sleeping waiter had to be woken.
func (e *Executor) run(engine Engine, j *Job, reply *wire.Reply) (woke bool) {
	c := &e.stats
	// Read now: once the job is settled, it may be in other hands.
	frame, accept, stop, class := j.frame, j.accept, j.stop, j.class
	start := time.Since(e.epoch)
	measure(&c.waitTotal, &c.waitMax, start-j.queuedAt)
	c.inFlight.Store(1)
	err := e.call(engine, frame, accept, reply)
	c.inFlight.Store(0)
	took := time.Since(e.epoch) - start
	measure(&c.runTotal, &c.runMax, took)
	e.spin.ran(class, took)

	switch {
	case !j.claim(running, 0):
		c.dropped.Add(1)
	case err != nil:
		c.failed.Add(1)
		j.err = err
		woke = j.publish()
	default:
		c.completed.Add(1)
		j.reply = *reply
		woke = j.publish()
	}
	*reply = wire.Reply{} // empty for the next, and nothing is kept alive while idle
	if stop != nil {
		stop() // after the outcome is out: this is not the waiter's time
	}
	return woke
}

func (e *Executor) call(engine Engine, frame []byte, accept job.Accept, reply *wire.Reply) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(v)
			e.stats.panics.Add(1)
		}
	}()
	if err := engine.Call(frame, reply); err != nil || accept == nil {
		return err
	}
	if undo := accept(reply); undo != nil {
		return engine.Call(undo, new(wire.Reply))
	}
	return nil
}

// end makes sure that whatever is left has an outcome, and that Close returns.
func (e *Executor) end() {
	e.queue.close()
	e.giveUp(nil)
	e.queue.retire()
	e.stats.inFlight.Store(0)
	close(e.ended)
	if e.options.KeepThread {
		park()
	}
}

// park has a name so that a stack dump says what the thread is there for.
//
//go:noinline
func park() { select {} }
