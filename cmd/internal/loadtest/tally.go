package loadtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tally is how many answers had each status; 0: there was no answer.
type Tally map[int]int

// String is for people: "200: 512, 429: 7".
func (t Tally) String() string {
	parts := make([]string, 0, len(t))
	for _, status := range slices.Sorted(maps.Keys(t)) {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "no answer"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", name, t[status]))
	}
	return strings.Join(parts, ", ")
}

func (t Tally) total() (n int) {
	for _, count := range t {
		n += count
	}
	return n
}
