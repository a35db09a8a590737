package bench

import (
	"slices"
	"time"
)

// Result is one line of the measurement. Times are medians, in microseconds.
type Result struct {
	Case      string  `json:"case"`
	Tokenizer string  `json:"tokenizer"`
	Bytes     int     `json:"bytes"`
	Callers   int     `json:"callers"`
	Runs      int     `json:"runs"`
	Bridge    float64 `json:"bridge_us"`
	BridgeP99 float64 `json:"bridge_us_p99"`
	Reference float64 `json:"reference_us"`
	Ratio     float64 `json:"ratio"`
	Core      float64 `json:"core_us,omitempty"`     // the native core alone
	Executor  float64 `json:"executor_us,omitempty"` // the plain call behind asyncio's run_in_executor
}

// Gap is what a goroutine that wakes every millisecond saw during a long call.
type Gap struct {
	Case      string  `json:"case"`
	Tokenizer string  `json:"tokenizer"`
	Bytes     int     `json:"bytes"`
	CallMS    float64 `json:"call_ms"`
	Wakeups   int     `json:"wakeups"`
	MaxMS     float64 `json:"gap_ms_max"`
	P999MS    float64 `json:"gap_ms_p999"`
	IdleMaxMS float64 `json:"idle_gap_ms_max"`
	IdleP999  float64 `json:"idle_gap_ms_p999"`
}

func median(d []time.Duration) float64 { return at(d, 0.5) }

func at(d []time.Duration, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(d))
	return float64(s[int(q*float64(len(s)-1))]) / 1e3
}
