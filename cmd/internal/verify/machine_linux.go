package verify

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// worked reads the thread's own clock. schedstat lags by up to a tick while a
// thread runs, which is most of a block of short calls.
func worked(id int) time.Duration {
	const perThread, scheduler = 4, 2 // as in linux/posix-timers.h
	var t unix.Timespec
	if unix.ClockGettime(int32(^id<<3|perThread|scheduler), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// processors returns which processors this process may run on.
func processors() func(int) bool {
	var may unix.CPUSet
	if unix.SchedGetaffinity(0, &may) != nil {
		may.Zero()
	}
	return may.IsSet
}

// ownTime is the processor time that this process has used.
func ownTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
