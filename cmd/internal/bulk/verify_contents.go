package bulk

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"iter"
	"math"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// contents reads the records of a shard again, beside its documents and rejects; unreadable is
// why there are no more documents, where there should be.
func (v *verifying) contents(ctx context.Context, c Commit, documents iter.Seq2[int64, format.Document], unreadable *error) error {
	if v.Encode == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := beside{verifying: v, commit: c, unreadable: unreadable, tally: newTally()}
	var stop func()
	b.document, stop = iter.Pull2(documents)
	defer stop()
	var rejected []Reject
	if err := EachReject(v.dir, c.Shard, func(r Reject) error {
		r.Raw = nil
		rejected = append(rejected, r)
		return nil
	}); err != nil {
		v.report.differ("shard %d: its rejects: %v", c.Shard, err)
		return nil
	}
	b.rejects = rejected
	reading := &reading{plan: v.plan, encoder: &encoder{encode: v.Encode, wait: pause}, out: make(chan *batch, batchesAhead), sampled: v.sampled}
	failed := make(chan error, 1)
	go func() { failed <- reading.read(ctx, v.plan.Shards[c.Shard]) }()
	for batch := range reading.out {
		<-batch.done
		if batch.err != nil {
			cancel()
			return errors.Join(batch.err, <-failed)
		}
		b.batch(batch)
		batch.release()
	}
	return b.end(<-failed, reading)
}

func documentsOf(r format.Reader, failed *error) iter.Seq2[int64, format.Document] {
	stopped := errors.New("stopped")
	return func(yield func(int64, format.Document) bool) {
		err := r.Each(func(n int64, d format.Document) error {
			if !yield(n, d) {
				return stopped
			}
			return nil
		})
		if !errors.Is(err, stopped) {
			*failed = err
		}
	}
}

// beside walks over the records of a shard, its documents and its rejects at once.
type beside struct {
	*verifying
	commit     Commit
	document   func() (int64, format.Document, bool)
	unreadable *error
	rejects    []Reject
	records    int64
	text       int64 // bytes
	tally      *tally
	lost       bool // one record too many or too few: what follows says nothing more
}

func (b *beside) batch(batch *batch) {
	next := 0
	for _, it := range batch.items {
		b.records++
		b.report.Records++
		fault, known := it.fault, it.fault != nil
		var made Encoded
		if it.fault == nil && it.sampled {
			made, fault = batch.out[next].of(b.format)
			known = true
			next++
			b.report.Reencoded++
		}
		if !b.lost {
			b.record(batch.file, it, made, fault, known)
		}
	}
}

// record holds a record against what was made of it; known says that made and fault are.
func (b *beside) record(file string, it item, made Encoded, fault *Fault, known bool) {
	if len(b.rejects) > 0 && b.rejects[0].File == file && b.rejects[0].place() == it.record.Place {
		r := b.rejects[0]
		b.rejects = b.rejects[1:]
		if known && (fault == nil || r.Class != fault.Class || r.Message != fault.Message || r.Length != it.record.Length) {
			b.report.differ("%s, %s: the record was rejected (%s: %s), and now is %s", file, b.place(it.record.Place), r.Class, r.Message, describe(fault))
		}
		return
	}
	if it.fault != nil {
		b.report.differ("%s, %s: the record is to be rejected (%s: %s), and is not among the rejects", file, b.place(it.record.Place), fault.Class, fault.Message)
		return
	}
	n, there, ok := b.document()
	if !ok {
		b.report.differ("shard %d: there is no document for the record at %s of %s (%v)", b.commit.Shard, b.place(it.record.Place), file, *b.unreadable)
		b.lost = true
		return
	}
	b.tally.add(there)
	b.text += it.text
	b.verifying.document(b.commit.Shard, n, there.IDs)
	if id := documentID(file, it.record); there.ID != "" && there.ID != id {
		b.report.differ("%s, %s: document %d of shard %d is named %s, and not %s", file, b.place(it.record.Place), n, b.commit.Shard, there.ID, id)
	}
	if known && (fault != nil || !slices.Equal(made.IDs, there.IDs)) {
		b.report.differ("%s, %s: document %d of shard %d has other ids than the tokenizer makes of it now (%s)", file, b.place(it.record.Place), n, b.commit.Shard, describe(fault))
	} else if known && !slices.Equal(made.Loss, there.Loss) {
		b.report.differ("%s, %s: document %d of shard %d has another loss mask than the tokenizer makes of it now", file, b.place(it.record.Place), n, b.commit.Shard)
	}
}

func describe(fault *Fault) string {
	if fault == nil {
		return "a document"
	}
	return string(fault.Class) + ": " + fault.Message
}

// end says what was left over.
func (b *beside) end(err error, r *reading) error {
	var damaged *source.DamagedError
	var changed *source.ChangedError
	if errors.As(err, &damaged) || errors.As(err, &changed) {
		b.report.differ("%v", err)
		return nil
	}
	if err != nil || b.lost {
		return err
	}
	if _, _, more := b.document(); more || len(b.rejects) > 0 {
		b.report.differ("shard %d has documents or rejects that come from no record", b.commit.Shard)
	} else if *b.unreadable != nil {
		b.report.differ("shard %d: %v", b.commit.Shard, *b.unreadable)
	}
	if b.records != b.commit.Counts.Records || r.blank != b.commit.Counts.Blank {
		b.report.differ("shard %d: the input has %d records and %d blank lines; the commit says %d and %d", b.commit.Shard,
			b.records, r.blank, b.commit.Counts.Records, b.commit.Counts.Blank)
	}
	if counts := b.commit.Counts; b.commit.Lengths.known(counts) && b.text != counts.TextBytes { // else it was not counted
		b.report.differ("shard %d: the texts of its documents have %d bytes; the commit says %d", b.commit.Shard, b.text, counts.TextBytes)
	}
	b.verifying.tally(b.commit, b.tally)
	if !slices.Equal(r.pieces, b.commit.Pieces) {
		b.report.differ("shard %d: its input is not what it was made from, to the byte", b.commit.Shard)
	}
	return nil
}

// sampled chooses records by their place, the same each time.
func (v *verifying) sampled(file string, place int64) bool {
	if v.Sample >= 1 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(file))
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(place)))
	// The last bytes of such a sum are not spread evenly over its high bits.
	mixed := h.Sum64() * 0x9e3779b97f4a7c15
	mixed ^= mixed >> 32
	return float64(uint32(mixed)) < v.Sample*math.MaxUint32
}
