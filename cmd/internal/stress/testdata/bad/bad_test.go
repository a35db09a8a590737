package bad

import (
	"runtime"
	"testing"
)

func TestBad(t *testing.T) {
	t.Run("inside", func(t *testing.T) { t.Errorf("runs on %d", runtime.NumCPU()) })
}
