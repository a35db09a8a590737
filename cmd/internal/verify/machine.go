package verify

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// thread is how long a thread of this process has worked, and how long it has
// waited for a processor although it was ready to.
type thread struct{ work, wait time.Duration }

// usage is what the processors that we may run on have done so far.
type usage struct {
	at    time.Duration // when this was read
	count int
	busy  time.Duration // of all of them: for anybody, what a hypervisor took included
	own   time.Duration // for this process
}

// machine is the clock and the processors. Tests have one of their own.
type machine interface {
	now() time.Duration
	// threads of this process by their number; nil where the kernel does not report them.
	threads() map[int]thread
	usage() usage
}

// host is the machine we are on.
type host struct{ epoch time.Time }

func thisHost() machine { return host{time.Now()} }

func (h host) now() time.Duration { return time.Since(h.epoch) }

func (h host) threads() map[int]thread {
	const tasks = "/proc/self/task"
	list, err := os.ReadDir(tasks)
	if err != nil {
		return nil
	}
	found := make(map[int]thread, len(list))
	for _, entry := range list {
		text, err := os.ReadFile(tasks + "/" + entry.Name() + "/schedstat")
		if err != nil {
			continue // it has ended, or there is no such file
		}
		fields := strings.Fields(string(text))
		id, _ := strconv.Atoi(entry.Name())
		if len(fields) < 2 || fields[0] == "0" { // all are 0 in a kernel that does not count
			continue
		}
		work, err1 := strconv.ParseInt(fields[0], 10, 64)
		wait, err2 := strconv.ParseInt(fields[1], 10, 64)
		if err1 == nil && err2 == nil {
			found[id] = thread{max(time.Duration(work), worked(id)), time.Duration(wait)}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

func (h host) usage() usage {
	u := usage{at: h.now(), own: ownTime()}
	if text, err := os.ReadFile("/proc/stat"); err == nil {
		u.count, u.busy = processorTimes(string(text), processors())
	}
	return u
}

// processorTimes reads /proc/stat, which counts in hundredths of a second.
func processorTimes(stat string, may func(int) bool) (count int, busy time.Duration) {
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		var number int
		if len(fields) < 9 {
			continue
		}
		if _, err := fmt.Sscanf(fields[0], "cpu%d", &number); err != nil || !may(number) {
			continue
		}
		count++
		// user, nice, system, idle, waiting for a disk, interrupts (two kinds), stolen.
		for i, field := range fields[1:9] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err == nil && i != 3 && i != 4 {
				busy += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
	}
	return count, busy
}
