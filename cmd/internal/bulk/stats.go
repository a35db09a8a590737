package bulk

import (
	"path"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Stats are what the commits of a run say, which may be under way.
type Stats struct {
	Status

	Format  string       `json:"format"`
	Type    string       `json:"type"`
	Lengths Lengths      `json:"lengths"`
	Begun   time.Time    `json:"begun"` // when the plan was written
	ByShard []ShardStats `json:"by_shard"`
}

// ShardStats are those of a shard that is committed.
type ShardStats struct {
	Shard     int       `json:"shard"`
	From      string    `json:"from"` // the first file of its input
	Start     int64     `json:"start"`
	Files     int       `json:"files"` // of its input
	Counts    Counts    `json:"counts"`
	Committed time.Time `json:"committed"` // when its commit was written
}

// BytesPerToken is of the text of documents; 0 where there are no tokens.
func (c Counts) BytesPerToken() float64 {
	if c.Tokens == 0 {
		return 0
	}
	return float64(c.TextBytes) / float64(c.Tokens)
}

// ReadStats reads the commits and nothing else. Counts are exact; times are those at which the store says that the files
// were written, which a copy of it need not have.
func ReadStats(dir store.Store) (*Stats, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	s := &Stats{Format: p.Options.Output, Type: p.Options.Type.String(), Lengths: Lengths{Bits: []int64{}}, ByShard: []ShardStats{}}
	if s.Begun, err = dir.Time(plan.Name); err != nil {
		return nil, err
	}
	st, err := readStatus(dir, p, func(c Commit) {
		s.Lengths.add(c.Lengths)
		one := ShardStats{Shard: c.Shard, Counts: c.Counts, Files: len(c.Pieces)}
		if len(c.Pieces) > 0 {
			one.From, one.Start = c.Pieces[0].File, c.Pieces[0].Start
		}
		s.ByShard = append(s.ByShard, one)
	})
	if err != nil {
		return nil, err
	}
	s.Status = *st
	written := map[string]time.Time{} // listed later than read, so that all are there
	err = dir.Files(path.Dir(commitName(0)), func(e store.Entry) error {
		written[e.Name] = e.Time.UTC()
		return nil
	})
	for i := range s.ByShard {
		s.ByShard[i].Committed = written[commitName(s.ByShard[i].Shard)]
	}
	return s, err
}
