package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"

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
	line    source.Line // Raw is the batch's own
	fault   *Fault      // nil for one that has a text
	sampled bool        // its text is encoded
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
}

// piece is what was read of a range of the plan.
type piece struct {
	File   string `json:"file"`
	Start  int64  `json:"start"` // where its first line begins
	End    int64  `json:"end"`   // where its last line ends
	SHA256 string `json:"sha256"`
}

// reading reads a shard.
type reading struct {
	plan    *plan.Plan
	encoder *encoder
	out     chan *batch
	sampled func(file string, offset int64) bool // whether a text is encoded; nil for all of them
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
	lines, err := source.OpenLines(ctx, file, part.Start, part.End, r.plan.Options.MaxRecord)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	sum := sha256.New()
	lines.Each = func(p []byte) { sum.Write(p) }
	begin := lines.Pos()
	for {
		b := &batch{file: file.Path, done: make(chan struct{})}
		more, err := r.fill(b, lines)
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
	r.pieces = append(r.pieces, piece{file.Path, begin, lines.Pos(), hex.EncodeToString(sum.Sum(nil))})
	return file.Check(ctx)
}

// rawPool keeps what batches have held their records in.
var rawPool = sync.Pool{New: func() any { return []byte(nil) }}

// release gives back what a batch holds, when nothing of it is needed any more.
func (b *batch) release() {
	rawPool.Put(b.raw) //nolint:staticcheck // a slice's header is small beside what it saves
	b.raw, b.items = nil, nil
}

// fill reads records until the batch is full; false behind the last one.
func (r *reading) fill(b *batch, lines *source.Lines) (bool, error) {
	raw := rawPool.Get().([]byte)[:0]
	defer func() { b.raw = raw }()
	for len(raw) < batchBytes && len(b.items) < batchRecords {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b.bytes += line.Length
		text, blank, fault := textOf(r.plan.Options, line)
		if blank {
			r.blank++
			continue
		}
		if line.Raw != nil && line.Length <= maxRaw {
			at := len(raw)
			raw = append(raw, line.Raw...)
			line.Raw = raw[at:]
		} else {
			line.Raw = nil
		}
		wanted := fault == nil && (r.sampled == nil || r.sampled(b.file, line.Offset))
		b.items = append(b.items, item{line, fault, wanted})
		if wanted {
			b.texts = append(b.texts, text)
			if line.Raw == nil {
				break
			}
		}
	}
	return true, nil
}

func (b *batch) encode(ctx context.Context, e *encoder) {
	defer close(b.done)
	if len(b.texts) > 0 {
		b.out, b.err = e.all(ctx, b.texts)
	}
}
