package server

import (
	"runtime/debug"
	"time"
)

const (
	// What is held for so much leaves a heap worth giving back.
	scavengeFrom = 1 << 20
	// Until nothing so large has ended for so long, the next one uses what the last has left.
	scavengeAfter = time.Second
)

// scavenger gives the memory that large requests have left back to the system. The runtime does so after its next
// collection, which is up to two minutes away where there is nothing else to do.
type scavenger struct {
	timer *time.Timer
}

// newScavenger calls free a second after the last call of ended, unless busy says that large requests are under way.
func newScavenger(busy func() bool, free func()) *scavenger {
	c := &scavenger{}
	c.timer = time.AfterFunc(scavengeAfter, func() {
		if busy() {
			c.timer.Reset(scavengeAfter)
			return
		}
		free()
	})
	c.timer.Stop()
	return c
}

// ended records a large request's end.
func (c *scavenger) ended() { c.timer.Reset(scavengeAfter) }

// stop ends the wait, if there is one.
func (c *scavenger) stop() { c.timer.Stop() }

func (s *Server) newScavenger() *scavenger {
	return newScavenger(func() bool { return s.memory.Load() >= scavengeFrom }, debug.FreeOSMemory)
}
