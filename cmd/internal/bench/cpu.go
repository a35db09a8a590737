package bench

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// cpuTime is the processor time, user and system, that this process and the workers that are there have taken so far.
func cpuTime(rt *bridge.Runtime) (ours, theirs time.Duration, err error) {
	ours, err = ownTime()
	if err != nil {
		return 0, 0, err
	}
	for _, w := range rt.Stats().Workers {
		t, err := processTime(w.PID)
		if err != nil {
			return 0, 0, err
		}
		theirs += t
	}
	return ours, theirs, nil
}

// processTime reads /proc/PID/stat, which counts in hundredths of a second.
func processTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold anything
	var user, system int64
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d: unreadable times", pid)
	}
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
