package bulk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Earlier is a run whose rejects are tried again. Its plan differs from the new one in no more than the length of the
// longest record, so that its documents are documents of the new one, too. It is read only, and may be under way.
type Earlier struct {
	Dir  store.Store
	Plan *plan.Plan
}

// Retried returns how many rejects the earlier run had, and how many of them are none any more.
func (e *Earlier) Retried(dir store.Store, p *plan.Plan) (rejects, mended int64, err error) {
	was, id := e.Plan.ID(), p.ID()
	for n := range p.Shards {
		old, err := readCommit(e.Dir, was, n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		c, err := readCommit(dir, id, n)
		if err != nil {
			return 0, 0, err
		}
		rejects += old.Counts.Rejected
		mended += old.Counts.Rejected - c.Counts.Rejected
	}
	return rejects, mended, nil
}

// again makes a shard of what an earlier run has made of it: of its rejects by encoding them, of everything else
// without. What it has not made is made from the beginning.
func (r *run) again(ctx context.Context, n int) (Commit, error) {
	old, err := readCommit(r.earlier.Dir, r.earlier.Plan.ID(), n)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r.shard(ctx, n, nil)
	case err != nil:
		return old, err
	case old.Counts.Rejected == 0:
		return r.adopt(old)
	}
	was, err := openEarlier(r.earlier.Dir, r.format, old)
	if err != nil {
		return old, err
	}
	defer was.close()
	return r.shard(ctx, n, was)
}

// adopt commits the files of an earlier run.
func (r *run) adopt(c Commit) (Commit, error) {
	begun := time.Now()
	for _, f := range c.Files {
		if err := isThere(r.earlier.Dir, f); err != nil {
			return c, fmt.Errorf("%s: %w", r.earlier.Dir.Root(), err)
		}
		if err := store.Adopt(r.dir, r.earlier.Dir, f); err != nil {
			return c, err
		}
	}
	counted := c.Counts
	counted.Blank = 0 // as of a shard that is encoded
	r.progress.advance(c.Shard, counted, 0)
	c.Plan = r.id
	written := time.Now()
	_, err := r.dir.Put(commitName(c.Shard), encodeJSON(c))
	if err == nil {
		r.progress.made(time.Since(begun), time.Since(written))
	}
	return c, err
}

// place is where a record begins.
type place struct {
	file string
	at   int64
}

// earlierShard are the documents of a shard of an earlier run, and where the rejects among them are. The methods that
// making calls may be called with nil, for a shard without any.
type earlierShard struct {
	commit   Commit
	rejected map[place]bool
	next     func() (int64, format.Document, bool)
	failed   error // why there are no more documents, where there should be
	stop     []func()
}

func openEarlier(dir store.Store, f format.Format, c Commit) (w *earlierShard, err error) {
	w = &earlierShard{commit: c, rejected: map[place]bool{}}
	defer func() {
		if err != nil {
			w.close()
			err = fmt.Errorf("%s: %w", dir.Root(), err)
		}
	}()
	names := make([]string, 0, len(c.Files))
	for _, f := range c.Files {
		names = append(names, f.Name)
	}
	root, gone, err := dir.Local(names)
	if err != nil {
		return w, err
	}
	w.stop = append(w.stop, gone)
	for _, f := range c.Files {
		sum, err := store.FileSum(filepath.Join(root, filepath.FromSlash(f.Name)))
		if err != nil {
			return w, err
		}
		if sum.Bytes != f.Bytes || sum.SHA256 != f.SHA256 {
			return w, fmt.Errorf("%s is not what was committed: mtok bulk verify says more", f.Name)
		}
	}
	if err := EachReject(dir, c.Shard, func(r Reject) error {
		w.rejected[place{r.File, r.place()}] = true
		return nil
	}); err != nil {
		return w, err
	}
	var r format.Reader = noFiles(c.Counts.Empty)
	if hasFiles(f, c.Counts) {
		if r, err = f.Open(filepath.Join(root, filepath.FromSlash(shardBase(c.Shard)))); err != nil {
			return w, err
		}
		w.stop = append(w.stop, func() { _ = r.Close() })
	}
	next, stop := iter.Pull2(documentsOf(r, &w.failed))
	w.next, w.stop = next, append(w.stop, stop)
	return w, nil
}

func (w *earlierShard) close() {
	for _, stop := range slices.Backward(w.stop) {
		stop()
	}
}

// sampled chooses the records that are encoded; nil is all of them.
func (w *earlierShard) sampled() func(file string, at int64) bool {
	if w == nil {
		return nil
	}
	return w.isRejected
}

func (w *earlierShard) isRejected(file string, at int64) bool {
	return w == nil || w.rejected[place{file, at}]
}

// document is the next one, which the record has become.
func (w *earlierShard) document(file string, it item) (Encoded, error) {
	_, d, ok := w.next()
	if !ok || it.fault != nil {
		return Encoded{}, errors.Join(fmt.Errorf("%s: the record at %d is neither a document nor a reject of the earlier run: mtok bulk verify says more", file, it.record.Place), w.failed)
	}
	return Encoded{d.IDs, d.Loss}, nil
}

// end makes sure that the input was the same, to the byte, and that there are no more documents.
func (w *earlierShard) end(r *reading) error {
	if w == nil {
		return nil
	}
	for i, p := range r.pieces {
		if i >= len(w.commit.Pieces) || p != w.commit.Pieces[i] {
			return &source.ChangedError{Path: p.File, What: "its records are not those that the earlier run has read"}
		}
	}
	if _, _, more := w.next(); more || w.failed != nil {
		return errors.Join(fmt.Errorf("shard %d of the earlier run has documents that come from no record: mtok bulk verify says more", w.commit.Shard), w.failed)
	}
	return nil
}
