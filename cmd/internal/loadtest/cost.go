package loadtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is what /proc counts processor time in: USER_HZ, which is 100 on every Linux of ours.
const tick = 10 * time.Millisecond

// treeCPU is the processor time of each process in the tree below and with pid, without that of those that have ended.
func treeCPU(pid int) map[int]time.Duration {
	out := map[int]time.Duration{}
	for _, p := range tree(pid) {
		if f := stat(fmt.Sprintf("/proc/%d", p)); f != nil {
			user, _ := strconv.Atoi(f[11])
			system, _ := strconv.Atoi(f[12])
			out[p] = time.Duration(user+system) * tick
		}
	}
	return out
}

// tree is a process, those below it, and, if it leads a session, those of the session: a worker's parent may have ended.
func tree(pid int) []int {
	below := map[int][]int{}
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range list {
		if f := stat(dir); f != nil {
			child, _ := strconv.Atoi(filepath.Base(dir))
			parent, _ := strconv.Atoi(f[1])
			if session, _ := strconv.Atoi(f[3]); session == pid && parent == 1 {
				parent = pid
			}
			below[parent] = append(below[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, below[all[i]]...)
	}
	return all
}

// stat is what /proc reports about a process, from its state on; nil: it does not exist.
func stat(dir string) []string {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil
	}
	// The name, in parentheses, may have spaces in it.
	if f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); len(f) > 12 {
		return f
	}
	return nil
}

// since is the processor time that a tree has used more than before.
func since(before, after map[int]time.Duration) (total time.Duration) {
	for pid, t := range after {
		total += t - before[pid]
	}
	return total
}

// resident is the memory of a tree in bytes; what processes share is counted once.
func resident(pid int) (total int64) {
	for _, p := range tree(pid) {
		roll, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(roll)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "Pss:" {
				kb, _ := strconv.ParseInt(f[1], 10, 64)
				total += kb << 10
			}
		}
	}
	return total
}
