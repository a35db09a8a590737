package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// A batch is so much text at most, or one longer record.
const (
	batchBytes   = 1 << 20
	batchRecords = 8 << 10
	// batchesAhead is how many of a shard are read and encoded before the one that is written.
	batchesAhead = 2
)

// item is a record of a batch.
type item struct {
	record  source.Record // Raw is the batch's own
	fault   *Fault        // nil for one that has a text
	sampled bool          // its text is encoded
	text    int64         // bytes of its text
}

// batch are records that go to the tokenizer together.
type batch struct {
	file  string
	items []item
	texts []string
	raw   []byte // of items
	bytes int64  // of input, blank lines too
	done  chan struct{}
	out   []outcome // of texts, when done is closed
	err   error
	took  time.Duration // to encode them
}

// piece is what was read of a range of the plan.
type piece struct {
	File   string `json:"file"`
	Start  int64  `json:"start"` // where its first line begins, or its first row
	End    int64  `json:"end"`   // where its last line ends, or the row behind its last
	SHA256 string `json:"sha256"`
}

// reading reads a shard.
type reading struct {
	plan    *plan.Plan
	encoder *encoder
	out     chan *batch
	sampled func(file string, place int64) bool // whether a text is encoded; nil for all of them
	pieces  []piece
	blank   int64
}

// read sends the batches of a shard, each with its encoding under way, and closes out at the end.
func (r *reading) read(ctx context.Context, shard plan.Shard) error {
	defer close(r.out)
	for _, part := range shard {
		if err := r.readRange(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) readRange(ctx context.Context, part plan.Range) (err error) {
	file := r.plan.Inputs[part.Input]
	if err := file.Check(ctx); err != nil {
		return err
	}
	sum := sha256.New()
	records, err := r.open(ctx, file, part, func(p []byte) { sum.Write(p) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	begin := records.Pos()
	for {
		b := &batch{file: file.Path, done: make(chan struct{})}
		more, err := r.fill(b, records)
		if err != nil {
			return err
		}
		if b.bytes > 0 {
			go b.encode(ctx, r.encoder)
			select {
			case r.out <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !more {
			break
		}
	}
	r.pieces = append(r.pieces, piece{file.Path, begin, records.Pos(), hex.EncodeToString(sum.Sum(nil))})
	return file.Check(ctx)
}

// recordReader are source.Lines or source.Rows.
type recordReader interface {
	Next() (source.Record, error)
	Pos() int64
	Close() error
}

// open opens a range; each is given all that is read of it.
func (r *reading) open(ctx context.Context, file source.File, part plan.Range, each func(p []byte)) (recordReader, error) {
	o := r.plan.Options
	if o.Records == plan.Rows {
		rows, err := source.OpenRows(ctx, file, o.Field, part.Start, part.End, o.MaxRecord)
		if err != nil {
			return nil, err
		}
		rows.Each = each
		return rows, nil
	}
	lines, err := source.OpenLines(ctx, file, part.Start, part.End, o.MaxRecord)
	if err != nil {
		return nil, err
	}
	lines.Each = each
	return lines, nil
}

// rawPool keeps what batches have held their records in.
var rawPool = sync.Pool{New: func() any { return []byte(nil) }}

// release gives back what a batch holds, when nothing of it is needed any more.
func (b *batch) release() {
	rawPool.Put(b.raw) //nolint:staticcheck // a slice's header is small beside what it saves
	b.raw, b.items = nil, nil
}

// fill reads records until the batch is full; false behind the last one.
func (r *reading) fill(b *batch, records recordReader) (bool, error) {
	raw := rawPool.Get().([]byte)[:0]
	defer func() { b.raw = raw }()
	for len(raw) < batchBytes && len(b.items) < batchRecords {
		record, err := records.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b.bytes += record.Bytes
		text, blank, fault := textOf(r.plan.Options, record)
		if blank {
			r.blank++
			continue
		}
		if record.Raw != nil && record.Length <= maxRaw {
			at := len(raw)
			raw = append(raw, record.Raw...)
			record.Raw = raw[at:]
		} else {
			record.Raw = nil
		}
		wanted := fault == nil && (r.sampled == nil || r.sampled(b.file, record.Place))
		b.items = append(b.items, item{record, fault, wanted, int64(len(text))})
		if wanted {
			b.texts = append(b.texts, text)
			if record.Raw == nil {
				break
			}
		}
	}
	return true, nil
}

func (b *batch) encode(ctx context.Context, e *encoder) {
	defer close(b.done)
	if len(b.texts) > 0 {
		begun := time.Now()
		b.out, b.err = e.all(ctx, b.texts)
		b.took = time.Since(begun)
	}
}
