package loadtest

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Report is everything that a comparison has measured.
type Report struct {
	CPUs     int                          `json:"cpus"`
	CPU      string                       `json:"cpu"`
	Go       string                       `json:"go"`
	Versions map[string]map[string]string `json:"versions"` // by server
	Rounds   int                          `json:"rounds"`
	Seconds  float64                      `json:"seconds"` // of a cell
	NotRun   []NotRun                     `json:"not_run,omitempty"`
	Differs  []Differs                    `json:"differs,omitempty"`
	Plain    []Cell                       `json:"plain"`
	Beside   []Cell                       `json:"beside"`
	Overload []Overload                   `json:"overload"`
	Kill     []Kill                       `json:"kill"`
	Memory   map[string]int64             `json:"memory_bytes"` // by server, after all of it
}

func newReport(cfg Config) *Report {
	return &Report{
		CPUs: runtime.NumCPU(), CPU: processor(), Go: runtime.Version(), Rounds: cfg.Rounds, Seconds: cfg.Time.Seconds(),
		NotRun: slices.Clone(cfg.NotRun), Versions: cfg.Versions, Memory: map[string]int64{},
	}
}

// Bad is how many answers of ours there were that should not have been, and how many routes had other tokens that should
// have had the same; what was killed is not among them.
func (r *Report) Bad() (n int) {
	for _, d := range r.Differs {
		if !d.Apart {
			n++
		}
	}
	for _, c := range slices.Concat(r.Plain, r.Beside) {
		if isOurs(c) {
			n += c.Bad
		}
	}
	for _, o := range r.Overload {
		n += o.Bad
	}
	return n
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// medians is one cell made of those of all rounds: medians, but the longest of what is the longest.
func medians(cells []Cell) Cell {
	middle := func(f func(Cell) float64) float64 {
		all := make([]float64, len(cells))
		for i, c := range cells {
			all[i] = f(c)
		}
		slices.Sort(all)
		return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	}
	m := cells[0]
	m.Statuses = maps.Clone(m.Statuses)
	m.Rate = middle(func(c Cell) float64 { return c.Rate })
	m.P50 = middle(func(c Cell) float64 { return c.P50 })
	m.P99 = middle(func(c Cell) float64 { return c.P99 })
	m.ClientCPU = middle(func(c Cell) float64 { return c.ClientCPU })
	m.ServerCPU = middle(func(c Cell) float64 { return c.ServerCPU })
	m.Health.P50 = middle(func(c Cell) float64 { return c.Health.P50 })
	m.Health.P99 = middle(func(c Cell) float64 { return c.Health.P99 })
	m.Health.OwnP99 = middle(func(c Cell) float64 { return c.Health.OwnP99 })
	for _, c := range cells[1:] {
		m.Max, m.Health.Max, m.Health.OwnMax = max(m.Max, c.Max), max(m.Health.Max, c.Health.Max), max(m.Health.OwnMax, c.Health.OwnMax)
		m.Bad += c.Bad
		for status, n := range c.Statuses {
			m.Statuses[status] += n
		}
		m.Health.Asked += c.Health.Asked
		m.Health.Bad += c.Health.Bad
		if m.Problem == "" {
			m.Problem = c.Problem
		}
	}
	return m
}

// processor is the processor's name, if the machine reports it.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
