package executor

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// workEngine is busy for a given time, as an encoder would be.
type workEngine struct{ work time.Duration }

func (w workEngine) Call(_ []byte, _ *wire.Reply) error {
	if w.work > 0 {
		for start := time.Now(); time.Since(start) < w.work; {
		}
	}
	return nil
}

// BenchmarkHop measures what the way to the locked thread and back costs beyond the job itself. hop-ns is the median
// over the calls of (latency − job); with eight callers a call also waits for seven others, so look at ns/op there.
func BenchmarkHop(b *testing.B) {
	shapes := []struct {
		name    string
		callers int
		think   time.Duration
	}{{"lone", 1, 0}, {"think1ms", 1, time.Millisecond}, {"callers8", 8, 0}}
	spins := []struct {
		name string
		spin Spin
	}{{"none", Spin{-1, -1}}, {"adaptive", Spin{}}}
	for _, work := range []time.Duration{0, 20 * time.Microsecond, 100 * time.Microsecond, 5 * time.Millisecond} {
		for _, shape := range shapes {
			for _, s := range spins {
				b.Run(fmt.Sprintf("job=%v/%s/spin=%s", work, shape.name, s.name), func(b *testing.B) {
					hop(b, work, shape.callers, shape.think, s.spin)
				})
			}
		}
	}
}

func hop(b *testing.B, work time.Duration, callers int, think time.Duration, spin Spin) {
	e, err := Start(b.Context(), func() (Engine, error) { return workEngine{work}, nil }, Options{Spin: spin})
	require.NoError(b, err)
	defer func() { require.NoError(b, e.Close(context.Background())) }()
	b.ReportAllocs()
	laps := make([][]time.Duration, callers)
	for c := range laps {
		laps[c] = make([]time.Duration, 0, b.N/callers+1)
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			frame := make([]byte, 8)
			binary.LittleEndian.PutUint64(frame, uint64(c))
			for range cap(laps[c]) {
				if think > 0 {
					time.Sleep(think)
				}
				start := time.Now()
				if _, err := e.Do(context.Background(), frame); err != nil {
					b.Error(err)
					return
				}
				laps[c] = append(laps[c], time.Since(start)-work)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(laps...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2]), "hop-ns")
	b.ReportMetric(float64(all[len(all)*99/100]), "hop-p99-ns")
	b.ReportMetric(float64(e.Stats().Parks)/float64(len(all)), "parks/op")
}
