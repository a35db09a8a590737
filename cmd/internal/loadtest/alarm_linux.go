package loadtest

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes on time. The runtime's timers are up to a millisecond late; a thread that sleeps in the kernel keeps its P
// for up to 10 ms, in which half the load may stand still. A timer with a descriptor is neither.
type alarm struct {
	file *os.File
	fd   int // File.Fd would make it block
}

func newAlarm() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return alarm{}, os.NewSyscallError("timerfd_create", err)
	}
	return alarm{os.NewFile(uintptr(fd), "alarm"), fd}, nil
}

func (a alarm) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	var expired [8]byte
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if unix.TimerfdSettime(a.fd, 0, &at, nil) == nil {
		_, _ = a.file.Read(expired[:])
	}
}

func (a alarm) close() { _ = a.file.Close() }
