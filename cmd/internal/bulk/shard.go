package bulk

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// making is a shard under way.
type making struct {
	*run
	n        int
	files    *shardFiles
	put      *store.File // the rejects, nil without any
	writer   format.Writer
	rejects  rejects
	counts   Counts
	lengths  Lengths
	contents *contents
	was      *earlierShard // nil for a shard that is made from its beginning
}

// shard makes a shard and commits it.
func (r *run) shard(ctx context.Context, n int, was *earlierShard) (c Commit, err error) {
	begun := time.Now()
	m := &making{run: r, n: n, was: was, files: &shardFiles{dir: r.dir, base: shardBase(n)}, contents: newContents()}
	defer m.files.discard()
	if m.writer, err = r.format.Write(shapeOf(r.plan), m.files); err != nil {
		return c, err
	}
	m.rejects.create = func() (io.Writer, error) {
		var err error
		m.put, err = r.dir.Create(rejectsName(n))
		return m.put, err
	}
	defer func() {
		if m.put != nil {
			m.put.Discard()
		}
	}()
	reading, err := m.all(ctx)
	if err != nil {
		return c, err
	}
	if err := was.end(reading); err != nil {
		return c, err
	}
	m.counts.Blank = reading.blank
	c = Commit{Plan: r.id, Shard: n, Pieces: reading.pieces, Counts: m.counts, Rejected: m.rejects.counts, Lengths: m.lengths}
	if r.plan.Options.Output != Megatron {
		c.Contents = m.contents.String()
	}
	if err := errors.Join(m.counts.check(), m.lengths.check(m.counts)); err != nil {
		return c, err
	}
	written := time.Now()
	if c.Files, err = m.publish(); err != nil {
		return c, err
	}
	if _, err = r.dir.Put(commitName(n), encodeJSON(c)); err == nil {
		r.progress.made(time.Since(begun), time.Since(written))
	}
	return c, err
}

// all reads, encodes and writes the records.
func (m *making) all(ctx context.Context) (*reading, error) {
	g, ctx := errgroup.WithContext(ctx)
	r := &reading{plan: m.plan, encoder: m.encoder, out: make(chan *batch, batchesAhead), sampled: m.was.sampled()}
	g.Go(func() error { return r.read(ctx, m.plan.Shards[m.n]) })
	g.Go(func() error {
		for b := range r.out {
			select {
			case <-b.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if b.err != nil {
				return b.err
			}
			if err := m.add(b); err != nil {
				return err
			}
		}
		return nil
	})
	return r, g.Wait()
}

// add writes a batch, in the order of the input.
func (m *making) add(b *batch) error {
	next := 0
	for _, it := range b.items {
		m.counts.Records++
		fault := it.fault
		var made Encoded
		switch {
		case it.sampled:
			made, fault = b.out[next].of(m.format)
			next++
		case fault == nil || !m.was.isRejected(b.file, it.record.Place):
			var err error
			if made, err = m.was.document(b.file, it); err != nil {
				return err
			}
		}
		if fault != nil {
			if err := m.reject(b.file, it, fault); err != nil {
				return err
			}
			continue
		}
		if len(made.IDs) == 0 {
			m.counts.Empty++
		} else {
			m.counts.Documents++
		}
		m.counts.Tokens += int64(len(made.IDs))
		m.counts.TextBytes += it.text
		m.lengths.count(len(made.IDs))
		m.counts.LossTokens += made.trained()
		m.contents.add(made)
		if err := m.writer.Add(format.Document{ID: documentID(b.file, it.record), IDs: made.IDs, Loss: made.Loss}); err != nil {
			return err
		}
	}
	m.counts.Bytes += b.bytes
	m.progress.advance(m.n, m.counts, b.took)
	b.release()
	return nil
}

func (m *making) reject(file string, it item, fault *Fault) error {
	m.counts.Rejected++
	m.progress.rejected(fault.Class)
	r := newReject(m.plan.Options.Records, file, it.record, fault)
	if m.failFast {
		r.Raw = nil
		return &RejectedError{r}
	}
	return m.rejects.add(r)
}

// publish gives the files their names, the rejects last.
func (m *making) publish() ([]store.Sum, error) {
	if err := errors.Join(m.writer.Finish(), m.rejects.finish()); err != nil {
		return nil, err
	}
	sums := make([]store.Sum, 0, 1)
	if hasFiles(m.format, m.counts) {
		var err error
		if sums, err = m.files.publish(); err != nil {
			return nil, err
		}
	}
	if m.put == nil {
		return sums, nil
	}
	sum, err := m.put.Publish()
	return append(sums, sum), err
}
