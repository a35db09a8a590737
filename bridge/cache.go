package bridge

import (
	"context"
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// CacheEntry is a directory of the cache: an environment, an interpreter, what a set-up that
// was interrupted left, or pip's downloads. Its State is one of current, in use, custom (made
// from a lock of yours, see WithRequirements), unknown, old (of another version of this
// program, or on an interpreter that it would not take) or left.
type CacheEntry struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"` // environment, interpreter, temporary, downloads
	Name  string `json:"name,omitempty"`
	State string `json:"state"`
	Bytes int64  `json:"bytes"` // on disk
}

// Removable reports whether PruneCache takes it.
func (e CacheEntry) Removable() bool {
	return pyenv.Entry{State: e.State}.Removable()
}

func cacheEntries(in []pyenv.Entry) []CacheEntry {
	if in == nil {
		return nil
	}
	out := make([]CacheEntry, len(in))
	for i, e := range in {
		out[i] = CacheEntry{Path: e.Path, Kind: e.Kind, Name: e.Name, State: e.State, Bytes: e.Bytes}
	}
	return out
}

// ListCache says what is in the cache of Setup with these options, and returns its place.
// Current is what WithRequirements names, the default environment, those of WithCurrent, and
// the interpreter of WithDistribution. It changes nothing.
func ListCache(ctx context.Context, opts ...Option) (dir string, all []CacheEntry, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return "", nil, err
	}
	dir, found, err := pyenv.List(ctx, c.env, c.locks())
	return dir, cacheEntries(found), outward(err)
}

// PruneCache removes what is Removable of ListCache, and returns it: what is old or left, and in
// no use by a process, as far as this user may see, or by a Runtime or an Environment, in
// whatever container. An environment of another version that is used now and then, and not now,
// is built anew by the next program that wants it. With dryRun nothing is removed, and what would
// have been is returned.
func PruneCache(ctx context.Context, dryRun bool, opts ...Option) (removed []CacheEntry, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	found, err := pyenv.Prune(ctx, c.env, c.locks(), dryRun)
	return cacheEntries(found), outward(err)
}

// WithCurrent says of one more lock, with the name of its environment, that it is in use by this
// program; it is for ListCache and PruneCache.
func WithCurrent(name string, lock []byte) Option {
	return func(c *config) error {
		if name == "" || len(lock) == 0 {
			return errors.New("bridge: WithCurrent: name and lock must not be empty")
		}
		c.current = append(c.current, pyenv.Lock{Name: name, Requirements: lock})
		return nil
	}
}

func (c *config) locks() []pyenv.Lock {
	name := c.env.Name
	if name == "" {
		name = "default"
	}
	return append([]pyenv.Lock{{Name: name, Requirements: c.env.Requirements}}, c.current...)
}

// IgnoredVariables are the environment variables of this process that would change what a Python
// imports, and that the embedded one does not take over: PYTHONPATH and the like.
func IgnoredVariables() []string { return pyenv.Ignored(nil) }
