// Package pool runs jobs in worker processes: several interpreters, each with a GIL of its own, that can be killed.
//
//	caller ─ Submit/Do ─► queue (bounded, by cost) ─► a worker's socket ─ pyshim.dispatch ─► outcome
//
// # Processes
//
// The first process is the environment's own python, started with pyshim's sources on its standard input. It encodes
// nothing: it is the zygote, from which workers are forked in milliseconds with everything loaded, sharing its memory.
// Whatever changes what is loaded (load, unload, settings) is tried in a fork of the zygote, which takes its place when
// it succeeds; workers of the old one are replaced one at a time while they go on serving. So a load that crashes or
// hangs takes nothing with it, and a worker that was killed is back at once. See docs/decisions for the figures.
//
// # Who dies when
//
// Every process holds the read end of a pipe of its own, its lifeline, and asks the kernel for SIGKILL when the other
// end closes: that is what the end of this process does, also by SIGKILL, whatever loop they are in. The first zygote
// has a parent death signal besides, and lives on a thread that is locked while it runs, because that signal is bound to
// the thread. A worker whose socket closes leaves by itself.
//
// # What a job can meet
//
// A job has exactly one outcome. While it is queued its context takes it out. While it runs, its context gives the
// caller the context's error at once, and the worker a moment (Options.Grace) to come back before it is killed. A worker
// that ends, answers no frame, or takes longer than Options.TimeLimit fails its own job with a *WorkerError; nobody
// else's. Nothing is tried twice: that is the caller's choice, see WorkerError.Retryable.
package pool
