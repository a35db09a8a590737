// Package pool runs jobs in worker processes: several interpreters, each with a GIL of its own, that can be killed.
//
//	caller ─ Submit/Do ─► queue (bounded, by cost) ─► a worker's pipe ─ pyshim.dispatch ─► outcome
//
// # Processes
//
// The first process is the environment's own python, started with pyshim's sources on its standard input. It encodes
// nothing: it is the zygote, from which workers are forked in milliseconds with everything loaded, sharing its memory.
// Whatever changes what is loaded (load, unload, settings) is tried in a fork of the zygote, which takes its place when
// it succeeds; workers of the old one are replaced one at a time while they continue to serve. So a load that crashes or
// hangs takes nothing with it, and a worker that was killed is replaced at once. See docs/decisions for the figures.
// A fork that is tried may be killed, by a limit or because its caller leaves, until it has answered, and not afterwards.
//
// When the first process itself has ended, another one is made and loads the same tokenizers. One whose file is gone or
// has changed is lost: its handles answer with the reason, never with other tokens.
//
// # Who dies when
//
// Every process holds the read end of a pipe of its own, its lifeline, and asks the kernel for SIGKILL when the other
// end closes: that is what the end of this process does, also by SIGKILL, whatever loop they are in. The first zygote
// also has a parent death signal, and lives on a thread that is locked while it runs, because that signal is bound to
// the thread. A worker whose socket closes exits by itself.
//
// # When no process can be made
//
// A worker counts as made when it has said that it is ready. While an attempt to make one and its retry have failed,
// a job that no living worker can run fails with a *NoWorkerError that names the cause, and so does one that comes; Ready
// returns it where no worker serves what is loaded. Attempts continue, with pauses of up to 5 seconds, and the first worker
// that is ready ends this state. See no_worker.go.
//
// # Pipelining
//
// A job goes to an idle worker. Where there is none, short ones go behind others that are short (sched.Worker.Pipe,
// isShort), so that a worker never waits for us between two of them, and its answers come several at a time: waking a
// thread is most of what a short call costs here. Which job a worker runs, and which replies it has ready and has not
// sent, can be read in a segment of shared memory. So it is known at any time which job has begun:
//
//   - When a worker ends, what it had ready is answered, the one job that ran in it fails, the others are queued again.
//     So is one that it was about to begin, but only a few times, because receiving it may be what ends workers.
//   - When a job takes long, what is ready is answered, and what is behind it goes to another worker.
//   - When the context of a job ends that has not begun, the worker skips it.
//
// # What a job can meet
//
// A job has exactly one outcome. When its context has ended that is the context's error, whatever happens to processes
// afterwards; only an answer that is there is given all the same. The end of its context removes a job that is queued, or
// behind another one. If the job runs, the caller gets the context's error at once, and the worker a moment
// (Options.Grace) to finish before it is killed. A worker that ends, answers no frame, or takes longer than
// Options.TimeLimit fails the job that is in it with a *WorkerError, and no other. A job that has begun is not tried
// again: that is the caller's choice, see WorkerError.Retryable. (One that was taken back from a stalled worker may have
// begun after all. Then its second answer counts; jobs change nothing, so both are the same.)
//
// # Goroutines
//
// The caller that submits a job sends it (worker.send), where the socket takes it at once. Each worker has one goroutine that
// reads. There are also the supervisor, which forks and stops workers until their number is the wanted one, the control
// loop, which changes what is loaded, and the watchdog, which enforces time limits. Which job goes where, and when a worker
// is spawned or stopped, is decided by package sched, which has no goroutines. One lock guards all; what takes time is done
// when it has been released (Pool.unlock).
package pool
