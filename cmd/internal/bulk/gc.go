package bulk

import (
	"errors"
	"io/fs"
	"regexp"
	"strconv"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// GarbageConfig says what is removed.
type GarbageConfig struct {
	Dir    store.Store
	Remove bool
	// Idle says that nobody works in Dir, where that cannot be seen.
	Idle bool
	At   func(point string) // as in Config
}

// Garbage is a file that no manifest and no commit names.
type Garbage struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	Why   Why    `json:"why"`
}

// Why says why a file is garbage.
type Why string

// What there is.
const (
	Temporary   Why = "temporary"   // a process that has ended was writing it
	Uncommitted Why = "uncommitted" // its shard has no commit
	Unnamed     Why = "unnamed"     // its shard's commit does not name it
	Conflict    Why = "conflict"    // it was kept beside one of the same name, and the run is complete
)

// Collected is what was found.
type Collected struct {
	Garbage []Garbage `json:"garbage"`
	Bytes   int64     `json:"bytes"`
	Removed bool      `json:"removed"`
	// Kept are files of shards without a commit that a worker may be making.
	Kept []Garbage `json:"kept,omitempty"`
}

func (c *Collected) add(g Garbage) {
	c.Garbage = append(c.Garbage, g)
	c.Bytes += g.Bytes
}

var (
	shardFile    = regexp.MustCompile(`^(?:shards|rejects)/([0-9]{8})[./]`)
	conflictFile = regexp.MustCompile(`^conflicts/[0-9a-f]{16}-[0-9]+-`)
)

// CollectGarbage finds what a run has left that no commit names, and removes it. What a run has not written is left
// alone. It may be called while others work: a commit that is there does not change, so what it does not name is nobody's;
// files of a shard without a commit are garbage only where nobody works, and nobody begins to until it is done. Where locks
// hold on one machine only it does not see who works on another.
func CollectGarbage(c GarbageConfig) (*Collected, error) {
	p, err := ReadPlan(c.Dir)
	if err != nil {
		return nil, err
	}
	release, alone, err := c.Dir.Alone(plan.Name)
	if err != nil {
		return nil, err
	}
	defer release()
	all := &Collected{Garbage: []Garbage{}, Removed: c.Remove}
	left, err := c.Dir.Leftovers(c.Remove)
	if err != nil {
		return nil, err
	}
	for _, e := range left {
		all.add(Garbage{e.Name, e.Bytes, Temporary})
	}
	g := &collecting{Collected: all, dir: c.Dir, plan: p, id: p.ID(), alone: alone || c.Idle, named: map[int]map[string]bool{}}
	// Files are listed before the commits are read: a commit that comes in between names them.
	listed := []store.Entry{}
	for _, below := range []string{"conflicts", "rejects", "shards"} {
		if err := c.Dir.Files(below, func(e store.Entry) error {
			listed = append(listed, e)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if _, err := c.Dir.Size(ManifestName); err == nil {
		g.complete = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range listed {
		why, err := g.why(e.Name)
		if err != nil {
			return nil, err
		}
		switch {
		case why == "":
		case why == Uncommitted && !g.alone:
			g.Kept = append(g.Kept, Garbage{e.Name, e.Bytes, why})
		default:
			if c.Remove {
				if err := c.Dir.Remove(e.Name); err != nil && !errors.Is(err, fs.ErrNotExist) { // another may have been faster
					return nil, err
				}
				if c.At != nil {
					c.At("removed " + e.Name)
				}
			}
			all.add(Garbage{e.Name, e.Bytes, why})
		}
	}
	return all, nil
}

type collecting struct {
	*Collected

	dir      store.Store
	plan     *plan.Plan
	id       string
	alone    bool
	complete bool
	named    map[int]map[string]bool // by shards; nil for one without a commit
}

// why is empty for what is no garbage.
func (g *collecting) why(name string) (Why, error) {
	if conflictFile.MatchString(name) && g.complete {
		return Conflict, nil
	}
	m := shardFile.FindStringSubmatch(name)
	if m == nil {
		return "", nil
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n >= len(g.plan.Shards) {
		return "", err // no run of this plan wrote it
	}
	named, known := g.named[n]
	if !known {
		c, err := readCommit(g.dir, g.id, n)
		if err == nil {
			named = map[string]bool{}
			for _, f := range c.Files {
				named[f.Name] = true
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		g.named[n] = named
	}
	switch {
	case named == nil:
		return Uncommitted, nil
	case !named[name]:
		return Unnamed, nil
	}
	return "", nil
}
