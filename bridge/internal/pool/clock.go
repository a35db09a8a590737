package pool

import "time"

// clock is what the limits of time go by: of calls, of loads, and of what is left behind. Tests have one that stands
// still until they say otherwise.
type clock interface {
	Now() time.Time
	// After has f called on a goroutine of its own when d has passed, unless stop was called before.
	After(d time.Duration, f func()) (stop func() bool)
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) After(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}
