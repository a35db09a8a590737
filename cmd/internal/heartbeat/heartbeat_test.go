package heartbeat

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestHeartbeat_End(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 30*time.Millisecond + 500*time.Microsecond
		h := Start()
		time.Sleep(length)
		gaps := h.End()
		var sum time.Duration
		for i, g := range gaps {
			sum += g
			if i > 0 {
				assert.GreaterOrEqual(t, g, gaps[i-1], "the shortest first")
			}
		}
		assert.Len(t, gaps, 31)
		assert.Equal(t, length, sum, "gaps lie side by side and leave nothing out")
		assert.Equal(t, 500*time.Microsecond, gaps[0], "the last, cut short by the end")
		assert.Equal(t, Beat, gaps.Max())
	})
}

// On the real clock too, where a beat is late by as much as others have the processor.
func TestHeartbeat_realClock(t *testing.T) {
	begun := time.Now()
	h := Start()
	started := time.Now()
	time.Sleep(30 * time.Millisecond)
	least := time.Since(started)
	gaps := h.End()
	most := time.Since(begun)
	var sum time.Duration
	short := 0
	for _, g := range gaps {
		sum += g
		if g < Beat {
			short++
		}
	}
	assert.LessOrEqual(t, short, 1, "but for the last, cut short by the end")
	assert.GreaterOrEqual(t, sum, least)
	assert.LessOrEqual(t, sum, most)
}

func TestGaps_Quantile(t *testing.T) {
	assert.Zero(t, Gaps(nil).Max())
	g := Join(Gaps{3, 5}, Gaps{1}, Gaps{2, 4})
	assert.Equal(t, Gaps{1, 2, 3, 4, 5}, g)
	assert.Equal(t, time.Duration(3), g.Quantile(0.5))
	assert.Equal(t, time.Duration(5), g.Max())
}
