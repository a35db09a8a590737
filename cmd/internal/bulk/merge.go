package bulk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// ErrThere is a result whose place is taken.
var ErrThere = errors.New("it is there already")

// Merge puts the shards of a complete run into files whose names begin with prefix, which are those
// of a run with one shard. Each appears whole, in the order in which it would be read.
func Merge(from store.Store, prefix string) (err error) {
	p, err := ReadPlan(from)
	if err != nil {
		return err
	}
	f, err := formatOf(p)
	if err != nil {
		return err
	}
	for _, end := range f.Ends() {
		if _, err := os.Lstat(prefix + end); err == nil {
			return fmt.Errorf("%s: %w; give another name, or remove it", prefix+end, ErrThere)
		}
	}
	parts, gone, err := partsOf(from, p)
	defer gone()
	if err != nil {
		return err
	}
	to, err := store.OpenDir(filepath.Dir(prefix), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.CloseAll()) }()
	files := &shardFiles{dir: to, base: filepath.Base(prefix)}
	defer files.discard()
	if m, ok := f.(format.Merger); ok {
		err = m.Merge(shapeOf(p), parts, files)
	} else {
		err = rewrite(f, shapeOf(p), parts, files)
	}
	if err != nil {
		return err
	}
	_, err = files.publish()
	return err
}

// partsOf are the shards of a complete run, on this machine until gone is called.
func partsOf(from store.Store, p *plan.Plan) (parts []format.Part, gone func(), err error) {
	var all []func()
	gone = func() {
		for _, f := range all {
			f()
		}
	}
	id := p.ID()
	if _, err := ReadManifest(from); errors.Is(err, fs.ErrNotExist) {
		return nil, gone, fmt.Errorf("%s is not complete: mtok bulk run --out %s resumes it", from.Root(), from.Root())
	} else if err != nil {
		return nil, gone, err
	}
	parts = make([]format.Part, len(p.Shards))
	for n := range p.Shards {
		c, err := readCommit(from, id, n)
		if err != nil {
			return nil, gone, err
		}
		for _, f := range c.Files {
			if err := isThere(from, f); err != nil {
				return nil, gone, err
			}
		}
		base, done, err := localShard(from, c)
		if err != nil {
			return nil, gone, err
		}
		all = append(all, done)
		parts[n] = format.Part{Base: base, Documents: c.Counts.Documents, Empty: c.Counts.Empty}
	}
	return parts, gone, nil
}

// rewrite writes the documents of all parts again, as those of one.
func rewrite(f format.Format, s format.Shape, parts []format.Part, files format.Files) error {
	w, err := f.Write(s, files)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if !hasFiles(f, Counts{Documents: p.Documents, Empty: p.Empty}) {
			for range p.Empty {
				if err := w.Add(format.Document{IDs: []int32{}}); err != nil {
					return err
				}
			}
			continue
		}
		if err := copyPart(f, p, w); err != nil {
			return err
		}
	}
	return w.Finish()
}

func copyPart(f format.Format, p format.Part, w format.Writer) (err error) {
	r, err := f.Open(p.Base)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if n := p.Documents + p.Empty; r.Documents() != n {
		return fmt.Errorf("%s has %d documents, where %d were committed", p.Base, r.Documents(), n)
	}
	return r.Each(func(_ int64, d format.Document) error { return w.Add(d) })
}
