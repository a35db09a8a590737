package bulk

import (
	"errors"
	"io/fs"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Status is what there is of a run.
type Status struct {
	Plan      string          `json:"plan"`
	Tokenizer string          `json:"tokenizer"`
	Inputs    int             `json:"inputs"`
	Bytes     int64           `json:"bytes"` // of input
	Shards    int             `json:"shards"`
	Committed int             `json:"committed"`
	Counts    Counts          `json:"counts"` // of committed shards
	Rejected  map[Class]int64 `json:"rejected,omitempty"`
	Digest    string          `json:"digest,omitempty"` // of a run that is complete
}

// ReadStatus reads it from what is in the store, even while a run works there.
func ReadStatus(dir store.Store) (*Status, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	return readStatus(dir, p, func(Commit) {})
}

// readStatus calls each with the commits.
func readStatus(dir store.Store, p *plan.Plan, each func(Commit)) (*Status, error) {
	s := &Status{Plan: p.ID(), Tokenizer: p.Tokenizer.Source, Inputs: len(p.Inputs), Bytes: p.Bytes(), Shards: len(p.Shards), Rejected: map[Class]int64{}}
	for n := range p.Shards {
		c, err := readCommit(dir, s.Plan, n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		each(c)
		s.Committed++
		s.Counts.add(c.Counts)
		for class, count := range c.Rejected {
			s.Rejected[class] += count
		}
	}
	m, err := ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		s.Digest = m.Digest
	}
	return s, err
}

// ReadManifest reads the manifest; fs.ErrNotExist where the run is not complete.
func ReadManifest(dir store.Store) (*Manifest, error) {
	text, err := dir.Read(ManifestName)
	if err != nil {
		return nil, err
	}
	var m Manifest
	return &m, decodeJSON(ManifestName, text, &m)
}
