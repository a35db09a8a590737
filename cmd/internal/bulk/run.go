package bulk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Config is a run.
type Config struct {
	Dir      store.Store
	Plan     *plan.Plan // in Dir
	Part     Part       // the zero Part for all shards
	Encode   Encode
	Earlier  *Earlier // nil for none
	Parallel int      // shards at a time; it decides about no byte
	// FailFast ends the run with the first reject; else it may have as many as Limit says.
	FailFast bool
	Limit    Limit
	Progress *Progress // nil for nobody
	At       func(point string)
}

type run struct {
	dir      store.Store
	plan     *plan.Plan
	part     Part
	id       string
	format   format.Format
	encoder  *encoder
	earlier  *Earlier
	failFast bool
	progress *Progress
	at       func(string)

	mu     sync.Mutex
	failed []ShardError
}

// ShardError is a shard whose input could not be read.
type ShardError struct {
	Shard int
	Err   error
}

// maxListed is how many failed shards an error lists.
const maxListed = 20

// IncompleteError are the shards that a run could not make; the others are committed.
type IncompleteError struct{ Shards []ShardError }

func (e *IncompleteError) Error() string {
	lines := make([]string, 0, len(e.Shards))
	for i, s := range e.Shards {
		if i == maxListed {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Shards)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("shard %d: %v", s.Shard, s.Err))
	}
	return fmt.Sprintf("%d shards were not made, the others are committed:\n%s", len(e.Shards), strings.Join(lines, "\n"))
}

// Unwrap returns the errors of the shards.
func (e *IncompleteError) Unwrap() []error {
	all := make([]error, 0, len(e.Shards))
	for _, s := range e.Shards {
		all = append(all, s.Err)
	}
	return all
}

// Run makes the shards that are not committed, and then the manifest. One that makes a part
// returns nil where others have not made theirs; then the last of them makes the manifest.
// Rejects are held against a limit where all are known.
//
// # Errors
//
//   - *IncompleteError: inputs that are damaged or have changed
//   - *RejectedError, *LimitError: rejects, where none or not so many may be
//   - *store.ConflictError: a shard came out in two ways
//   - those of the machine and of ctx; what is committed by then stays
func Run(ctx context.Context, c Config) (*Manifest, error) {
	f, err := formatOf(c.Plan)
	if err != nil {
		return nil, err
	}
	r := &run{dir: c.Dir, plan: c.Plan, part: c.Part, id: c.Plan.ID(), format: f, failFast: c.FailFast, progress: c.Progress, at: c.At, earlier: c.Earlier,
		encoder: &encoder{encode: c.Encode, wait: pause}}
	if r.progress == nil {
		r.progress = NewProgress(c.Plan, c.Part)
	}
	if r.at == nil {
		r.at = func(string) {}
	}
	if c.FailFast {
		c.Limit = Limit{}
	}
	release, err := c.Dir.Share(ctx, plan.Name)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := r.makeAll(ctx, c); err != nil {
		return nil, err
	}
	if len(r.failed) > 0 {
		slices.SortFunc(r.failed, func(a, b ShardError) int { return a.Shard - b.Shard })
		return nil, &IncompleteError{r.failed}
	}
	m, err := r.manifest()
	if !c.Part.whole() && errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no error, and nothing to show yet
	}
	if err != nil {
		return nil, err
	}
	if err := c.Limit.check(m.Counts.Rejected, m.Counts.Records); err != nil {
		return nil, err
	}
	if err := r.index(); err != nil {
		return nil, err
	}
	_, err = r.dir.Put(ManifestName, encodeJSON(m))
	return m, err
}

// makeAll makes what is not committed, so many shards at a time.
func (r *run) makeAll(ctx context.Context, c Config) error {
	g, ctx := errgroup.WithContext(ctx)
	shards := make(chan int)
	g.Go(func() error {
		defer close(shards)
		for _, n := range r.order() {
			select {
			case shards <- n:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range max(c.Parallel, 1) {
		g.Go(func() error {
			for n := range shards {
				if err := r.make(ctx, n); err != nil {
					return err
				}
				if c.Part.whole() {
					if err := r.progress.check(c.Limit); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// order is that of the plan; beside other runs in the same place it is a random one, so that they
// take work from each other, and seldom the same.
func (r *run) order() []int {
	order := rand.Perm(len(r.plan.Shards)) //nolint:gosec // nobody has to be kept from guessing it
	if !r.dir.Shared() {
		slices.Sort(order)
	}
	return slices.DeleteFunc(order, func(n int) bool { return !r.part.has(n) })
}

// make makes one shard, if nobody has. The error ends the run.
func (r *run) make(ctx context.Context, n int) error {
	c, err := readCommit(r.dir, r.id, n)
	if err == nil {
		r.progress.committed(c)
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.at(fmt.Sprintf("begin %d", n))
	r.progress.begin(n)
	if r.earlier == nil {
		c, err = r.shard(ctx, n, nil)
	} else {
		c, err = r.again(ctx, n)
	}
	if err == nil {
		r.progress.committed(c)
		return nil
	}
	var damaged *source.DamagedError
	var changed *source.ChangedError
	input := errors.As(err, &damaged) || errors.As(err, &changed)
	r.progress.given(n, input)
	if input {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, ShardError{n, err})
		return nil
	}
	return fmt.Errorf("shard %d: %w", n, err)
}

// readCommit reads the commit of a shard; fs.ErrNotExist where there is none.
func readCommit(dir store.Store, id string, n int) (Commit, error) {
	var c Commit
	text, err := dir.Read(commitName(n))
	if err != nil {
		return c, err
	}
	if err := decodeJSON(commitName(n), text, &c); err != nil {
		return c, err
	}
	if c.Plan != id || c.Shard != n {
		return c, fmt.Errorf("%s is about shard %d of the plan %.12s, not about shard %d of this one, %.12s", commitName(n), c.Shard, c.Plan, n, id)
	}
	return c, errors.Join(c.Counts.check(), c.Lengths.check(c.Counts))
}
