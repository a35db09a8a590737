package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Packing is how a file is compressed.
type Packing string

// The packings that there are.
const (
	Plain   Packing = ""
	Gzip    Packing = "gzip"
	Zstd    Packing = "zstd"
	Parquet Packing = "parquet"
)

// File is an input as it was when the run was planned.
type File struct {
	Path    string  `json:"path"`
	Packing Packing `json:"packing,omitempty"`
	Stored  int64   `json:"stored"`         // bytes on disk
	Bytes   int64   `json:"bytes"`          // unpacked; of Parquet its column, by what the file says
	Rows    int64   `json:"rows,omitempty"` // of Parquet
	// Ends is the SHA-256 of the first and the last MiB on disk, by which a change is noticed
	// before the work; what was read is hashed as it is read.
	Ends string `json:"ends_sha256"`
}

const endBytes = 1 << 20

// Examine says what is in a file: lines, or with a column that column of Parquet, whose row
// groups it lists. A packed file is unpacked to its end, which finds out whether it is damaged;
// known are those that need not be once more.
func Examine(ctx context.Context, path, column string, known map[string]File) (File, []Group, error) {
	f, err := Identify(ctx, path)
	switch {
	case err != nil:
		return f, nil, err
	case column != "" && f.Packing != Parquet:
		return f, nil, &FormatError{Path: path, Is: "no Parquet", Way: "make a run of its own of files of lines"}
	case column != "":
		groups, err := examineRows(ctx, &f, column)
		return f, groups, err
	case f.Packing == Parquet:
		return f, nil, &FormatError{Path: path, Is: "Parquet, and not lines", Way: "give --records parquet, and in --field the column with the texts"}
	}
	if k, ok := known[path]; ok && k.same(f) {
		return k, nil, nil
	}
	if f.Packing == Plain {
		f.Bytes = f.Stored
		return f, nil, nil
	}
	r, err := Open(ctx, f)
	if err != nil {
		return f, nil, err
	}
	defer r.Close()
	f.Bytes, err = io.Copy(io.Discard, r)
	return f, nil, err
}

// End is the place behind the last record.
func (f File) End() int64 {
	if f.Packing == Parquet {
		return f.Rows
	}
	return f.Bytes
}

// Identify returns what is known about a file without reading it whole: all but Bytes.
func Identify(ctx context.Context, path string) (File, error) {
	f := File{Path: path}
	file, err := openStored(ctx, path)
	if err != nil {
		return f, err
	}
	defer file.Close()
	f.Stored = file.Size()
	head := make([]byte, min(f.Stored, endBytes))
	tail := make([]byte, min(f.Stored-int64(len(head)), endBytes))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	if _, err := file.ReadAt(tail, f.Stored-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return f, err
	}
	f.Packing, err = packingOf(path, head)
	h := sha256.New()
	h.Write(head)
	h.Write(tail)
	f.Ends = hex.EncodeToString(h.Sum(nil))
	return f, err
}

// same reports whether two files are one as far as Identify can tell.
func (f File) same(other File) bool {
	return f.Path == other.Path && f.Packing == other.Packing && f.Stored == other.Stored && f.Ends == other.Ends
}

// Check returns a *ChangedError if the file is not any more what it was.
func (f File) Check(ctx context.Context) error {
	now, err := Identify(ctx, f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ChangedError{Path: f.Path, What: "it is gone"}
	case err != nil && !errors.As(err, new(*FormatError)):
		return err
	case !f.same(now):
		return f.ChangedTo(now)
	}
	return err
}

// ChangedTo is the error that a file is another now.
func (f File) ChangedTo(now File) *ChangedError {
	return &ChangedError{Path: f.Path, What: fmt.Sprintf("it had %d bytes (sha256 of its ends %.12s), and has %d (%.12s)", f.Stored, f.Ends, now.Stored, now.Ends)}
}

// ChangedError is an input that is not what it was when the run was planned.
type ChangedError struct{ Path, What string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has changed since the run was planned: %s; put it back, or start another run with another --out", e.Path, e.What)
}

var magics = []struct {
	begin   []byte
	packing Packing
	refused string
}{
	{begin: []byte{0x1f, 0x8b}, packing: Gzip},
	{begin: []byte{0x28, 0xb5, 0x2f, 0xfd}, packing: Zstd},
	{begin: []byte("BZh"), refused: "bzip2"},
	{begin: []byte("\xfd7zXZ\x00"), refused: "xz"},
	{begin: []byte("PK\x03\x04"), refused: "a zip archive"},
	{begin: []byte("PAR1"), packing: Parquet},
	{begin: []byte("PARE"), refused: "encrypted Parquet"},
	{begin: []byte("\xff\xfe"), refused: "UTF-16"},
	{begin: []byte("\xfe\xff"), refused: "UTF-16"},
}

// packingOf goes by the first bytes, whatever the name says.
func packingOf(path string, head []byte) (Packing, error) {
	for _, m := range magics {
		if !bytes.HasPrefix(head, m.begin) {
			continue
		}
		if m.refused != "" {
			return Plain, &FormatError{Path: path, Is: m.refused}
		}
		return m.packing, nil
	}
	// Frames of zstd that hold no data may come first.
	if len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}) {
		return Zstd, nil
	}
	return Plain, nil
}

// FormatError is an input of a kind that is not read, or not in this way.
type FormatError struct{ Path, Is, Way string }

func (e *FormatError) Error() string {
	if e.Way != "" {
		return fmt.Sprintf("%s is %s: %s", e.Path, e.Is, e.Way)
	}
	return fmt.Sprintf("%s is %s, which is not read: it has to be text in UTF-8, a record a line, as it is or packed with gzip or zstd, or Parquet", e.Path, e.Is)
}
