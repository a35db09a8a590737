package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/heartbeat"
)

// MeasureGap encodes kb kilobytes, runs times, while a heartbeat runs.
func MeasureGap(ctx context.Context, t Named, kb, runs int) (Gap, error) {
	g := Gap{Case: fmt.Sprintf("gap at %d KB", kb), Tokenizer: t.Name, Bytes: kb * 1024}
	idle := heartbeat.Start()
	time.Sleep(2 * time.Second)
	quiet := idle.End()
	var all []heartbeat.Gaps
	var took []time.Duration
	for range runs {
		req := user(text("word ", kb*1024, next()))
		h := heartbeat.Start()
		start := time.Now()
		_, err := t.Target.Async(ctx, req).Await(ctx)
		took = append(took, time.Since(start))
		all = append(all, h.End())
		if err != nil {
			return g, err
		}
	}
	gaps := heartbeat.Join(all...)
	g.CallMS, g.Wakeups = median(took)/1e3, len(gaps)
	g.MaxMS, g.P999MS = ms(gaps.Max()), ms(gaps.Quantile(0.999))
	g.IdleMaxMS, g.IdleP999 = ms(quiet.Max()), ms(quiet.Quantile(0.999))
	return g, nil
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
