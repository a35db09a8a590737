package bridge_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

// The allocation budget of a call, at any size: the frame, the ids, the head of
// the reply, the result, and what the benchmark itself needs for the request.
const maxAllocs = 8

func words(kb int) string { return strings.Repeat("word ", kb*1024/5) }

func request(text string) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}}}
}

func BenchmarkEncodeChat(b *testing.B) {
	for _, name := range []string{"v3", "v3-tekken"} {
		tok, err := rt(b).Load(b.Context(), bridge.Shipped(name))
		require.NoError(b, err)
		for _, kb := range []int{1, 100, 500} {
			text := words(kb)
			b.Run(fmt.Sprintf("%s/%dKB", name, kb), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, err := tok.EncodeChat(b.Context(), request(fmt.Sprint(i, text))); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		require.NoError(b, tok.Close(b.Context()))
	}
}

// The rate of many texts of 1 KB, as a share of the native core's alone on the same texts: minima of
// rounds that alternate.
func BenchmarkEncodeTexts(b *testing.B) {
	texts := make([]string, 250)
	size := 0
	for i := range texts {
		texts[i] = fmt.Sprint(i, sized(1<<10-4))
		size += len(texts[i])
	}
	for _, name := range []string{"v3", "v3-tekken"} {
		tok, err := rt(b).Load(b.Context(), bridge.Shipped(name))
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			alone, best := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				b.StopTimer()
				var round time.Duration
				for _, text := range texts {
					times, err := raw.Of(tok).ReferenceCore(b.Context(), text, 2)
					require.NoError(b, err)
					round += times[1]
				}
				alone = min(alone, round)
				b.StartTimer()
				began := time.Now()
				if _, err := tok.EncodeTexts(b.Context(), texts, false, true); err != nil {
					b.Fatal(err)
				}
				best = min(best, time.Since(began))
			}
			b.ReportMetric(float64(best.Microseconds())/float64(len(texts)), "µs/text")
			b.ReportMetric(float64(alone)/float64(best), "of-core")
		})
		require.NoError(b, tok.Close(b.Context()))
	}
}

func BenchmarkSeenBefore(b *testing.B) {
	tok, err := rt(b).Load(b.Context(), bridge.Shipped("v3-tekken"))
	require.NoError(b, err)
	req := request(words(1))
	b.Run("sync", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := tok.EncodeChat(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("async", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := tok.EncodeChatAsync(b.Context(), req).Await(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("count", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := tok.Count(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	require.NoError(b, tok.Close(b.Context()))
}

func TestEncodeChat_allocations(t *testing.T) {
	if raceEnabled || asanEnabled {
		t.Log("not counted under a detector, which allocates by itself")
		return
	}
	tok, err := rt(t).Load(t.Context(), bridge.Shipped("v3-tekken"))
	require.NoError(t, err)
	for _, kb := range []int{1, 100} {
		req := request(words(kb))
		got := testing.AllocsPerRun(50, func() {
			if _, err := tok.EncodeChat(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		})
		require.LessOrEqual(t, got, float64(allocationLimit()), "%d KB", kb)
		t.Logf("%d KB: %.0f allocations", kb, got)
	}
	require.NoError(t, tok.Close(t.Context()))
}

// allocationLimit: a worker's answer is read off a socket, and its job can be watched by several.
func allocationLimit() int {
	if testWorkers() > 0 {
		return 2 * maxAllocs
	}
	return maxAllocs
}
