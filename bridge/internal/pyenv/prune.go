package pyenv

import (
	"context"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// Prune removes what List says is old or left over, and returns it. What came into use since,
// or cannot be removed, is left; the first error is returned beside what was removed. dry
// leaves everything and returns what would have been removed.
func Prune(ctx context.Context, o Options, locks []Lock, dry bool) (removed []Entry, err error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	all, err := p.list(ctx, locks, false)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if ctx.Err() != nil {
			return removed, ctx.Err()
		}
		if !e.Removable() {
			continue
		}
		gone, failed := dry, error(nil)
		if !dry {
			gone, failed = p.remove(e)
		}
		if gone {
			removed = append(removed, e)
		}
		if err == nil && failed != nil {
			err = cacheFailure(p.cache.root, failed)
		}
	}
	return removed, err
}

// remove moves a directory out of the way first, so that there is never half of one under its
// name, and under the locks of those who would build or use it.
func (p *plan) remove(e Entry) (bool, error) {
	lock := filepath.Join(e.Path, markerName)
	switch e.Kind {
	case "temporary":
		lock = e.Path
	case "interpreter":
		lock = p.cache.dir("locks", "python-"+base{key: filepath.Base(e.Path)}.id()+".lock")
	}
	for _, path := range []string{p.cache.dir("locks", filepath.Base(e.Path)+".lock"), lock} {
		file, err := os.Open(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return false, err
		}
		defer file.Close()
		if ok, err := sys.TryLock(file); err != nil || !ok {
			return false, err
		}
	}
	temp, err := newTempDir(filepath.Dir(e.Path))
	if err != nil {
		return false, err
	}
	defer temp.remove()
	if err := os.Rename(e.Path, temp.join("removed")); err != nil {
		return false, err
	}
	return true, os.RemoveAll(temp.path)
}
