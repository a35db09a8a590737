package megatron

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"

// Format is Megatron's.
type Format struct{}

const (
	binEnd = ".bin"
	idxEnd = ".idx"
)

// Ends are those of the two files.
func (Format) Ends() []string { return []string{binEnd, idxEnd} }

// HoldsEmpty is true: such a document has no sequence.
func (Format) HoldsEmpty() bool { return true }

// OpensEmpty is false: a file of no bytes cannot be mapped into memory.
func (Format) OpensEmpty() bool { return false }

type shardWriter struct {
	*Writer
	files format.Files
}

// Write begins a shard: the ids before the index that points into them.
func (Format) Write(s format.Shape, f format.Files) (format.Writer, error) {
	bin, err := f.Create(binEnd)
	if err != nil {
		return nil, err
	}
	lengths, err := f.Scratch()
	if err != nil {
		return nil, err
	}
	return &shardWriter{NewWriter(TypeFor(s.Words), bin, lengths), f}, nil
}

// Add writes a document.
func (w *shardWriter) Add(d format.Document) error { return w.Writer.Add(d.IDs) }

// Finish writes the index.
func (w *shardWriter) Finish() error {
	idx, err := w.files.Create(idxEnd)
	if err != nil {
		return err
	}
	return w.Writer.Finish(idx)
}

type shardReader struct{ *Reader }

// Open opens a pair of files, and checks their sizes.
func (Format) Open(base string) (format.Reader, error) {
	r, err := Open(base+binEnd, base+idxEnd)
	if err != nil {
		return nil, err
	}
	return shardReader{r}, nil
}

// Documents is how many there are.
func (r shardReader) Documents() int64 { return r.Reader.Documents }

// Each goes over the documents in their order.
func (r shardReader) Each(do func(n int64, d format.Document) error) error {
	return r.Reader.Each(func(n int64, ids []int32) error {
		if ids == nil {
			ids = []int32{}
		}
		return do(n, format.Document{IDs: ids})
	})
}

// Merge puts shards together without a look at their ids.
func (Format) Merge(s format.Shape, parts []format.Part, f format.Files) error {
	bin, err := f.Create(binEnd)
	if err != nil {
		return err
	}
	idx, err := f.Create(idxEnd)
	if err != nil {
		return err
	}
	pairs := make([]Part, len(parts))
	for i, p := range parts {
		pairs[i] = Part{Bin: p.Base + binEnd, Idx: p.Base + idxEnd, Documents: p.Documents, Empty: p.Empty}
	}
	return Merge(TypeFor(s.Words), pairs, bin, idx)
}
