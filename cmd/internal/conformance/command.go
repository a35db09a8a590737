package conformance

import (
	"path/filepath"
	"time"
)

// Command is how a program is started, and how long it may take.
type Command struct {
	Line    string   // for sh -c
	Dir     string   // where it runs; empty: here
	Env     []string // in addition to ours
	Name    string   // until it has said one itself; empty: the line
	Start   time.Duration
	Timeout time.Duration
	MaxLine int // in bytes, of an answer
}

func (c Command) withDefaults() Command {
	if c.Name == "" {
		c.Name = c.Line
	}
	if c.Start == 0 {
		c.Start = time.Minute
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.MaxLine == 0 {
		c.MaxLine = 64 << 20
	}
	return c
}

// shown is the command for reports: where an adapter lies is nobody's business.
func (c Command) shown() string {
	if c.Dir == "" {
		return c.Line
	}
	return filepath.Join(filepath.Base(c.Dir), c.Line)
}
