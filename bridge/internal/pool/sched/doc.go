// Package sched is the policy of a pool of workers, without the pool: which job goes to which worker, when workers are
// spawned and stopped, how long to wait after failures, and when no worker can be had for a job.
//
// It has no goroutines, no locks, no processes and no clock. The owner of a Scheduler reports to it what has happened (Add,
// AddWorker, PopReply, RemoveWorker …), asks it what to do (Schedule, NextStep), and does that. The pool does so under its
// one lock: a goroutine that owned the Scheduler would have to be woken for each call, and to wake a thread is most of what
// a short call costs there.
//
// # Rules
//
//   - Jobs are ordered by their arrival and their expected cost: a short one overtakes a long one, but only for as
//     long as the long one would have kept it waiting, so nothing starves.
//   - An idle worker gets the next job that it can run; of several the one that was busy last, whose caches are warm.
//   - Where none is idle, short jobs go behind others in a worker, up to pipeCost of work and Depth jobs, so that it need
//     not wait for its host between two. With Limits.Gather they do so before an idle worker is woken.
//   - With several workers one takes no large jobs.
//   - A worker that is retired or slow gets no more.
//   - There are Limits.Workers workers of the newest generation. An older one stays until there is a newer one in its
//     place, so for a moment there may be one more.
//   - After failures the next attempt waits, twice as long each time.
package sched
