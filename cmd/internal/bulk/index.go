package bulk

import (
	"path"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// indexOf is the file about all shards of a run that has one, whose name is empty if it has none.
func indexOf(dir store.Store, f format.Format, p *plan.Plan, id string) (name string, text []byte, err error) {
	i, ok := f.(format.Indexer)
	if !ok {
		return "", nil, nil
	}
	var bases []string
	for n := range p.Shards {
		c, err := readCommit(dir, id, n)
		if err != nil {
			return "", nil, err
		}
		if hasFiles(f, c.Counts) {
			base, done, err := localShard(dir, c)
			if err != nil {
				return "", nil, err
			}
			defer done()
			bases = append(bases, base)
		}
	}
	text, err = i.Index(bases)
	return path.Join(path.Dir(shardBase(0)), i.IndexName()), text, err
}

// index writes it.
func (r *run) index() error {
	name, text, err := indexOf(r.dir, r.format, r.plan, r.id)
	if err != nil || name == "" {
		return err
	}
	_, err = r.dir.Put(name, text)
	return err
}

// index holds it against the shards.
func (v *verifying) index() {
	name, text, err := indexOf(v.dir, v.format, v.plan, v.id)
	if err != nil || name == "" {
		return // what is wrong with the shards is said already
	}
	if there, err := v.dir.Read(name); err != nil || string(there) != string(text) {
		v.report.differ("%s is not what its shards say (%v)", name, err)
	}
}
