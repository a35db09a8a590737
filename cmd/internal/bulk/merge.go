package bulk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/megatron"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// ErrThere is a result whose place is taken.
var ErrThere = errors.New("it is there already")

// Merge puts the shards of a complete run into one pair of files, prefix.bin and prefix.idx,
// which are those of a run with one shard. They appear whole, .bin first.
func Merge(from store.Store, prefix string) (err error) {
	p, err := ReadPlan(from)
	if err != nil {
		return err
	}
	id := p.ID()
	if _, err := ReadManifest(from); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not complete: mtok bulk run --out %s goes on", from.Root(), from.Root())
	} else if err != nil {
		return err
	}
	for _, end := range []string{".bin", ".idx"} {
		if _, err := os.Lstat(prefix + end); err == nil {
			return fmt.Errorf("%s: %w; give another name, or remove it", prefix+end, ErrThere)
		}
	}
	parts := make([]megatron.Part, len(p.Shards))
	for n := range p.Shards {
		c, err := readCommit(from, id, n)
		if err != nil {
			return err
		}
		for _, f := range c.Files {
			if err := isThere(from, f); err != nil {
				return err
			}
		}
		parts[n] = megatron.Part{Documents: c.Counts.Documents, Empty: c.Counts.Empty}
		if c.Counts.Documents == 0 {
			continue
		}
		for name, path := range map[string]*string{binName(n): &parts[n].Bin, idxName(n): &parts[n].Idx} {
			var done func()
			if *path, done, err = from.Local(name); err != nil {
				return err
			}
			defer done()
		}
	}
	to, err := store.OpenDir(filepath.Dir(prefix), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.CloseAll()) }()
	bin, err := to.Create(filepath.Base(prefix) + ".bin")
	if err != nil {
		return err
	}
	defer bin.Discard()
	idx, err := to.Create(filepath.Base(prefix) + ".idx")
	if err != nil {
		return err
	}
	defer idx.Discard()
	if err := megatron.Merge(megatron.TypeFor(p.Tokenizer.Words), parts, bin, idx); err != nil {
		return err
	}
	if _, err := bin.Publish(); err != nil {
		return err
	}
	_, err = idx.Publish()
	return err
}
