package bulk

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"

// Part is what one task of an array makes of a run: every Count-th shard, from Index on. The zero
// Part is everything. Whatever the number of tasks, the shards are the same.
type Part struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// whole reports whether nobody else makes any shard.
func (p Part) whole() bool { return p.Count <= 1 }

func (p Part) has(n int) bool { return p.whole() || n%p.Count == p.Index }

// of counts the shards of a part, and their input.
func (p Part) of(whole *plan.Plan) (shards int, bytes int64) {
	for n, s := range whole.Shards {
		if p.has(n) {
			shards++
			bytes += s.Bytes()
		}
	}
	return shards, bytes
}
