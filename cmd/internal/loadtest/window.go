package loadtest

import "time"

// window is the time that is measured. What was under way in it counts, however long it takes: a request that waits
// behind a large one must not get lost because it was requested before, or answered after.
type window struct{ begin, end time.Time }

func newWindow(warm, d time.Duration) window {
	begin := time.Now().Add(warm)
	return window{begin, begin.Add(d)}
}

func (w window) has(t time.Time) bool { return !t.Before(w.begin) && t.Before(w.end) }

func (w window) length() time.Duration { return w.end.Sub(w.begin) }
