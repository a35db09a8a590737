package bulk

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// ErrNoDocument is a document that is not there.
var ErrNoDocument = errors.New("there is no such document")

// Document is one document by its number: its place in the files of all shards one after the
// other, counting those without ids.
func Document(dir store.Store, number int64) (d format.Document, err error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return d, err
	}
	id := p.ID()
	f, err := formatOf(p)
	if err != nil {
		return d, err
	}
	at := number
	for n := range p.Shards {
		c, err := readCommit(dir, id, n)
		if errors.Is(err, fs.ErrNotExist) {
			return d, fmt.Errorf("%w: shard %d, before or in which document %d is, has not been made", ErrNoDocument, n, number)
		}
		if err != nil {
			return d, err
		}
		if here := c.Counts.Documents + c.Counts.Empty; at >= here {
			at -= here
			continue
		}
		if c.Counts.Documents == 0 {
			return format.Document{IDs: []int32{}}, nil
		}
		r, done, err := openShard(dir, f, c)
		if err != nil {
			return d, err
		}
		defer done()
		return r.Document(at)
	}
	return d, fmt.Errorf("%w: number %d; there are %d, the first is 0", ErrNoDocument, number, number-at)
}

// Rejects goes over the rejects of all committed shards, in the order of the input.
func Rejects(dir store.Store, do func(Reject) error) error {
	p, err := ReadPlan(dir)
	if err != nil {
		return err
	}
	for n := range p.Shards {
		if err := EachReject(dir, n, do); err != nil {
			return err
		}
	}
	return nil
}
