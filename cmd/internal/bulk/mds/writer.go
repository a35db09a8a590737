package mds

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Format is MDS.
type Format struct{}

// Ends are those of the index and of the first shard.
func (Format) Ends() []string { return []string{shardEnd(0), indexEnd} }

// HoldsEmpty is false: an array has an id at least.
func (Format) HoldsEmpty() bool { return false }

// OpensEmpty is false: there would be no shard.
func (Format) OpensEmpty() bool { return false }

// writer gathers a shard, whose samples come behind where they are.
type writer struct {
	files   format.Files
	shards  []shard
	offsets []uint32 // within samples, of each and of the end
	samples []byte
}

// Write begins a directory.
func (Format) Write(_ format.Shape, f format.Files) (format.Writer, error) {
	return &writer{files: f, offsets: []uint32{0}}, nil
}

// Add writes a document.
func (w *writer) Add(d format.Document) error {
	size := sampleSize(d.IDs)
	if len(d.IDs) == 0 || headerSize(1)+size > math.MaxUint32 {
		return fmt.Errorf("a document of %d ids: MDS has no room for it", len(d.IDs))
	}
	// Four bytes a sample are those of its offset.
	if n := len(w.offsets); headerSize(n)+int64(len(w.samples))+size > sizeLimit && n > 1 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.samples = appendSample(w.samples, d.IDs)
	w.offsets = append(w.offsets, uint32(len(w.samples)))
	return nil
}

// flush writes a shard.
func (w *writer) flush() error {
	n := len(w.offsets) - 1
	out, err := w.files.Create(shardEnd(len(w.shards)))
	if err != nil {
		return err
	}
	begin := headerSize(n)
	header := binary.LittleEndian.AppendUint32(make([]byte, 0, begin), uint32(n))
	for _, at := range w.offsets {
		header = binary.LittleEndian.AppendUint32(header, uint32(begin)+at)
	}
	if _, err := out.Write(append(header, config...)); err != nil {
		return err
	}
	if _, err := out.Write(w.samples); err != nil {
		return err
	}
	w.shards = append(w.shards, shard{shardName(len(w.shards)), begin + int64(len(w.samples)), n})
	w.offsets, w.samples = w.offsets[:1], w.samples[:0]
	if cap(w.samples) > 2*sizeLimit {
		w.samples = nil
	}
	return nil
}

// Finish writes the last shard and the index.
func (w *writer) Finish() error {
	if len(w.offsets) > 1 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	out, err := w.files.Create(indexEnd)
	if err != nil {
		return err
	}
	_, err = out.Write(indexText(w.shards))
	return err
}
