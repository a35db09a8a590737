package server

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestScavenger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var busy atomic.Bool
		var freed []time.Duration
		c := newScavenger(busy.Load, func() { freed = append(freed, time.Since(begun)) })
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Empty(t, freed, "nothing large has been there")

		begun = time.Now()
		for range 5 { // one after another: nothing is given back between them
			c.ended()
			time.Sleep(scavengeAfter / 2)
		}
		busy.Store(true)
		time.Sleep(3 * scavengeAfter)
		synctest.Wait()
		assert.Empty(t, freed, "one is under way")
		busy.Store(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, []time.Duration{6 * scavengeAfter}, freed, "once, a second after it was found to be busy last")

		c.ended()
		c.stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Len(t, freed, 1, "the server has ended")
	})
}

func TestScavenger_largeBodies(t *testing.T) {
	s := &Server{o: Options{BodyMemory: 1 << 30}, largeMemory: 1 << 30}
	freed := make(chan struct{}, 1)
	s.scavenger = newScavenger(func() bool { return s.memory.Load() >= scavengeFrom }, func() { freed <- struct{}{} })
	defer s.scavenger.stop()
	var small, large, kept reservation
	s.reserve(&small, scavengeFrom-1, false)
	s.giveBack(&small)
	assert.False(t, s.scavenger.timer.Stop(), "it was small")
	s.reserve(&large, scavengeFrom, true)
	s.reserve(&kept, 100, false)
	s.giveBack(&large)
	<-freed
}
