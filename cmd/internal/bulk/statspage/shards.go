package statspage

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// chart is one of a value by shard.
type chart struct {
	Bars []bar
	Top  float64
}

// plot is a chart with its words.
type plot struct {
	chart

	Label       string
	First, Last int // shards
}

func plotOf(c chart, s *bulk.Stats, label string) plot {
	return plot{c, label, s.ByShard[0].Shard, s.ByShard[len(s.ByShard)-1].Shard}
}

// tallest is where bars of bytes a token end, by their median.
const tallest = 3

// charts draws the shards, neighbours together where there are many.
func (v *view) charts(s *bulk.Stats) {
	n := len(s.ByShard)
	v.Group = max((n+maxBars-1)/maxBars, 1)
	var tokens, perToken []float64
	var names []string
	for group := range slices.Chunk(s.ByShard, v.Group) {
		var sum, text int64
		for _, sh := range group {
			sum += sh.Counts.Tokens
			text += sh.Counts.TextBytes
		}
		name := fmt.Sprintf("shard %d", group[0].Shard)
		if last := group[len(group)-1].Shard; last != group[0].Shard {
			name = fmt.Sprintf("shards %d to %d", group[0].Shard, last)
		}
		names = append(names, name)
		tokens = append(tokens, float64(sum)/float64(len(group)))
		perToken = append(perToken, ratio(text, sum))
	}
	never := func(int) bool { return false }
	v.Tokens.Bars, v.Tokens.Top = bars(tokens, math.Inf(1), func(i int) string { return fmt.Sprintf("%s: %s tokens", names[i], count(int64(tokens[i]))) }, never)
	v.PerToken.Bars, v.PerToken.Top = bars(perToken, tallest*v.Median, func(i int) string { return fmt.Sprintf("%s: %.3f bytes a token", names[i], perToken[i]) }, func(i int) bool {
		return perToken[i] > 0 && away(perToken[i], v.Median) > math.Log(1+unusual)
	})
}

// progress is when the shards were committed.
type progress struct {
	Path             string
	Took             time.Duration
	Tokens           int64
	PerSecond, Bytes float64
}

// progressOf is nil where the times say nothing: of a run without a commit, or a copy in which all files are new.
func progressOf(s *bulk.Stats) *progress {
	done := slices.Clone(s.ByShard)
	slices.SortStableFunc(done, func(a, b bulk.ShardStats) int { return a.Committed.Compare(b.Committed) })
	if len(done) == 0 || done[0].Committed.Before(s.Begun) || !done[len(done)-1].Committed.After(s.Begun) || s.Counts.Tokens == 0 {
		return nil
	}
	p := &progress{Took: done[len(done)-1].Committed.Sub(s.Begun), Tokens: s.Counts.Tokens}
	var xs, ys []float64
	sum := int64(0)
	for _, sh := range done {
		sum += sh.Counts.Tokens
		xs, ys = append(xs, sh.Committed.Sub(s.Begun).Seconds()), append(ys, float64(sum))
	}
	seconds := p.Took.Seconds()
	p.Path = curve(xs, ys, seconds, float64(s.Counts.Tokens))
	p.PerSecond, p.Bytes = float64(s.Counts.Tokens)/seconds, float64(s.Counts.Bytes)/seconds
	return p
}
