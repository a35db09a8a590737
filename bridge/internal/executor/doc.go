// Package executor runs jobs, one after the other, on one OS thread that is locked for good.
//
// An embedded interpreter wants one thread: the one that initialised it. The executor owns that thread, keeps a
// bounded queue before it, and gives every job exactly one outcome: the engine's reply, the engine's error, a captured
// panic, the submit context's error, or job.ErrClosed. It knows nothing of Python; its engine is an interface.
//
//	caller ─ Client.Submit/Do ─► queue (bounded) ─► locked thread ─ Engine.Call ─► outcome ─► Job.Done / Do
//
// # Who may touch what
//
// The engine is a local variable of the locked goroutine: no other goroutine can reach it. Frames belong to the
// executor from Submit until the engine is done with them; see [Client.Submit]. Replies belong to the caller.
//
// # Cancellation
//
// Native code cannot be interrupted. A job whose context ends while it is queued never runs and frees its place at
// once. A job whose context ends while it runs gets its outcome at once, and the late result is dropped and counted.
//
// # Waiting, and what it costs
//
// Waking a sleeping thread takes 10 to 70 µs, often longer than a small job. Both sides therefore may spin first:
//
//   - The caller (Do, Job.Wait) polls for its outcome, and yields its P (the scheduler's processor) about every
//     microsecond. Only one caller spins at a time, only when the jobs seen lately say that the outcome will come
//     within the limit, never in a crowd, and only while polling has paid lately. Cost: up to one core for as long as such
//     a job runs; where it does not pay, about a microsecond a call.
//   - The thread polls for the next job after an outcome whose caller was awake, only when the gaps seen lately say
//     that one will come within the limit. One miss is enough to stop it; two short gaps in a row start it again.
//     Cost: one core and one P for at most the limit per idle period. With the doorbell made of a Go
//     channel it keeps its P, because giving it up on a locked goroutine is two futex calls, more than what spinning
//     saves; a [Doorbell] written in C spins and sleeps without one.
//
// Idle executors therefore use no processor time: after the last job at most one thread spin (200 µs by default) and
// then sleep. Spinning is off when fewer than two processors are at hand. A busy executor goes from job to job without
// sleeping, polling or touching the doorbell.
package executor
