package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEveryGapIsCounted(t *testing.T) {
	h := Start()
	start := time.Now()
	time.Sleep(30 * time.Millisecond)
	gaps := h.End()
	took := time.Since(start)
	var sum time.Duration
	for i, g := range gaps {
		sum += g
		if i > 0 {
			assert.GreaterOrEqual(t, g, gaps[i-1], "the shortest first")
		}
	}
	assert.LessOrEqual(t, sum, took, "gaps lie side by side")
	assert.Greater(t, sum, took/2, "and leave nothing out")
	assert.Equal(t, gaps[len(gaps)-1], gaps.Max())
}

func TestQuantiles(t *testing.T) {
	assert.Zero(t, Gaps(nil).Max())
	g := Join(Gaps{3, 5}, Gaps{1}, Gaps{2, 4})
	assert.Equal(t, Gaps{1, 2, 3, 4, 5}, g)
	assert.Equal(t, time.Duration(3), g.Quantile(0.5))
	assert.Equal(t, time.Duration(5), g.Max())
}
