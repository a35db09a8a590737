package bench

import (
	"fmt"
	"os"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Memory is what one worker process takes, in bytes.
type Memory struct {
	PID      int   `json:"pid"`
	Resident int64 `json:"resident"`
	Private  int64 `json:"private"` // what it shares with nobody
}

// MemoryOf reads it for the workers that are there.
func MemoryOf(rt *bridge.Runtime) (all []Memory) {
	for _, w := range rt.Stats().Workers {
		rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", w.PID))
		if err != nil {
			continue // gone meanwhile
		}
		m := Memory{PID: w.PID}
		for line := range strings.Lines(string(rollup)) {
			var name string
			var kb int64
			if n, _ := fmt.Sscanf(line, "%s %d kB", &name, &kb); n != 2 {
				continue
			}
			switch name {
			case "Rss:":
				m.Resident += kb << 10
			case "Private_Clean:", "Private_Dirty:":
				m.Private += kb << 10
			}
		}
		all = append(all, m)
	}
	return all
}
