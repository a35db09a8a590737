package mds

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

type reader struct {
	dir    string
	shards []shard
}

// Open opens a directory, and checks the sizes of its shards.
func (Format) Open(base string) (format.Reader, error) {
	text, err := os.ReadFile(base + indexEnd)
	if err != nil {
		return nil, err
	}
	r := &reader{dir: base}
	if r.shards, err = parseIndex(text); err != nil {
		return nil, fmt.Errorf("%s: %w", base+indexEnd, err)
	}
	for i, s := range r.shards {
		if s.name != shardName(i) || s.samples < 1 || s.bytes < headerSize(s.samples) {
			return nil, fmt.Errorf("%s: there is no shard %s of %d bytes with %d samples", base+indexEnd, s.name, s.bytes, s.samples)
		}
		info, err := os.Stat(filepath.Join(base, s.name))
		if err != nil {
			return nil, err
		}
		if info.Size() != s.bytes {
			return nil, fmt.Errorf("%s has %d bytes, and its index says %d", filepath.Join(base, s.name), info.Size(), s.bytes)
		}
	}
	return r, nil
}

// Documents is how many there are.
func (r *reader) Documents() (n int64) {
	for _, s := range r.shards {
		n += int64(s.samples)
	}
	return n
}

// Document is one by its number.
func (r *reader) Document(n int64) (d format.Document, err error) {
	if n < 0 || n >= r.Documents() {
		return d, fmt.Errorf("there is no document %d: there are %d", n, r.Documents())
	}
	i := 0
	for ; n >= int64(r.shards[i].samples); i++ {
		n -= int64(r.shards[i].samples)
	}
	f, err := os.Open(filepath.Join(r.dir, r.shards[i].name))
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	span := make([]byte, 8)
	if _, err := f.ReadAt(span, 4+4*n); err != nil {
		return d, err
	}
	begin, end := int64(binary.LittleEndian.Uint32(span)), int64(binary.LittleEndian.Uint32(span[4:]))
	if begin < 0 || end < begin || end > r.shards[i].bytes {
		return d, fmt.Errorf("%s: sample %d is from byte %d to %d, of %d", f.Name(), n, begin, end, r.shards[i].bytes)
	}
	sample := make([]byte, end-begin)
	if _, err := f.ReadAt(sample, begin); err != nil {
		return d, err
	}
	d.IDs, err = idsOf(sample)
	return d, err
}

// Each goes over the documents: the samples of a shard are back to back, from what is before them
// to its end.
func (r *reader) Each(do func(n int64, d format.Document) error) error {
	n := int64(0)
	for _, s := range r.shards {
		if err := r.shard(s, &n, do); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) shard(s shard, n *int64, do func(n int64, d format.Document) error) (err error) {
	f, err := os.Open(filepath.Join(r.dir, s.name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	wrong := func(what string, args ...any) error {
		return fmt.Errorf("%s: %s", f.Name(), fmt.Sprintf(what, args...))
	}
	begin := headerSize(s.samples)
	header := make([]byte, begin)
	if _, err := io.ReadFull(f, header); err != nil {
		return err
	}
	if count := int(binary.LittleEndian.Uint32(header)); count != s.samples || string(header[4*(s.samples+2):]) != config {
		return wrong("it says other things of itself than its index: %d samples", count)
	}
	offset := func(i int) int64 { return int64(binary.LittleEndian.Uint32(header[4*(i+1):])) }
	in := bufio.NewReaderSize(f, 256<<10)
	for i := range s.samples {
		end := offset(i + 1)
		if offset(i) != begin || end < begin || end > s.bytes {
			return wrong("sample %d is from byte %d to %d, where the one before it ends at %d", i, offset(i), end, begin)
		}
		sample := make([]byte, end-begin)
		if _, err := io.ReadFull(in, sample); err != nil {
			return err
		}
		ids, err := idsOf(sample)
		if err != nil {
			return wrong("sample %d: %v", i, err)
		}
		if err := do(*n, format.Document{IDs: ids}); err != nil {
			return err
		}
		*n++
		begin = end
	}
	if begin != s.bytes {
		return wrong("its samples end at byte %d of %d", begin, s.bytes)
	}
	return nil
}

// Close does nothing: no file stays open.
func (r *reader) Close() error { return nil }

// IndexName is that of the index of all shards.
func (Format) IndexName() string { return "index.json" }

// Index joins the indexes of directories that lie in one, as merge_index of mosaicml-streaming does.
func (Format) Index(bases []string) ([]byte, error) {
	var all []shard
	for _, base := range bases {
		text, err := os.ReadFile(base + indexEnd)
		if err != nil {
			return nil, err
		}
		shards, err := parseIndex(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", base+indexEnd, err)
		}
		for _, s := range shards {
			s.name = filepath.Base(base) + "/" + s.name
			all = append(all, s)
		}
	}
	return indexText(all), nil
}
