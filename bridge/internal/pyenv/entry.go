package pyenv

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// States of an Entry. Only the last two can be removed.
const (
	StateCurrent = "current" // what this program uses, or would use
	StateInUse   = "in use"  // a process works with it, or an environment that stays needs it
	StateCustom  = "custom"  // made from a lock that is not this program's
	StateUnknown = "unknown" // nothing in it says what it is
	StateOld     = "old"     // of another version of this program, or of another interpreter
	StateLeft    = "left"    // of a set-up that was interrupted
)

// Entry is a directory of the cache.
type Entry struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"` // environment, interpreter, temporary, downloads
	Name  string `json:"name,omitempty"`
	State string `json:"state"`
	Bytes int64  `json:"bytes"` // on disk
	mark  marker
}

// Removable reports whether a prune takes it.
func (e Entry) Removable() bool { return e.State == StateOld || e.State == StateLeft }

// Lock is a lock of this program's, with the name of the environment that is built from it.
type Lock struct {
	Name         string
	Requirements []byte
}

// List says what is in the cache and what of it serves nobody: environments with the names of
// the locks, but of other locks or interpreters, interpreters that no environment needs, and
// what interrupted set-ups left. It changes nothing.
func List(ctx context.Context, o Options, locks []Lock) (dir string, all []Entry, err error) {
	p, err := newPlan(o)
	if err != nil {
		return "", nil, err
	}
	all, err = p.list(ctx, locks, true)
	return p.cache.root, all, err
}

// list measures everything, or what is removable: a cache may have a hundred thousand files.
func (p *plan) list(ctx context.Context, locks []Lock, measure bool) ([]Entry, error) {
	if err := p.cache.trust(); err != nil {
		return nil, err
	}
	used := running()
	var all []Entry
	needed := map[string]bool{}
	for _, path := range subdirs(p.cache.dir("envs")) {
		e := p.environmentEntry(path, locks, used)
		if !e.Removable() && e.mark.Unpacked != "" {
			needed[filepath.Base(e.mark.Unpacked)] = true
		}
		all = append(all, e)
	}
	for _, path := range subdirs(p.cache.dir("python")) {
		e := temporaryEntry(path)
		if e.Kind == "" {
			e.Kind, e.State = "interpreter", StateOld
			switch {
			case p.Distribution != nil && filepath.Base(path) == p.Distribution.Key():
				e.State = StateCurrent
			case needed[filepath.Base(path)], isBelow(used, path):
				e.State = StateInUse
			}
		}
		all = append(all, e)
	}
	if pip := p.cache.dir("pip"); len(subdirs(pip)) > 0 {
		all = append(all, Entry{Path: pip, Kind: "downloads", State: StateCurrent})
	}
	for i := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if measure || all[i].Removable() {
			all[i].Bytes = diskUsage(all[i].Path)
		}
	}
	return all, nil
}

func (p *plan) environmentEntry(path string, locks []Lock, used []string) Entry {
	e := temporaryEntry(path)
	if e.Kind != "" {
		return e
	}
	e.Kind = "environment"
	mark, err := readMarker(path)
	if err != nil {
		e.State = StateUnknown
		return e
	}
	e.mark, e.Name, e.State = mark, mark.Name, StateCustom
	for _, l := range locks {
		if l.Name != mark.Name {
			continue
		}
		if p.isCurrent(mark, l) {
			e.State = StateCurrent
			return e
		}
		e.State = StateOld
	}
	if e.State == StateOld && (isBelow(used, path) || isHeld(path)) {
		e.State = StateInUse
	}
	return e
}

// isCurrent reports whether an environment has this lock and an interpreter that this program would take.
func (p *plan) isCurrent(mark marker, l Lock) bool {
	if mark.Lock != lockHash(l.Requirements) {
		return false
	}
	if mark.Unpacked != "" {
		return p.Distribution == nil || mark.Key == p.Distribution.Key()
	}
	_, err := os.Stat(mark.Base)
	return err == nil
}

// temporaryEntry is without a kind if path is no temporary directory.
func temporaryEntry(path string) Entry {
	e := Entry{Path: path}
	if strings.HasPrefix(filepath.Base(path), tempPrefix) {
		e.Kind, e.State = "temporary", StateLeft
		if isLocked(path) {
			e.State = StateInUse
		}
	}
	return e
}

// isHeld reports whether a process holds the environment.
func isHeld(dir string) bool { return isLocked(filepath.Join(dir, markerName)) }

// isLocked is true, too, of what cannot be asked.
func isLocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer file.Close()
	ok, err := sys.TryLock(file)
	return err != nil || !ok
}

func subdirs(dir string) (all []string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			all = append(all, filepath.Join(dir, entry.Name()))
		}
	}
	return all
}

func diskUsage(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be seen is not counted
		}
		if info, err := d.Info(); err == nil {
			bytes += sys.Allocated(info)
		}
		return nil
	})
	return bytes
}
