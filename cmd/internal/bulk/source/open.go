package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Reader reads what is in a file, unpacked.
type Reader struct {
	file   stored
	path   string
	stored counter
	in     io.Reader // unpacked
	end    func()
	pos    int64 // unpacked
}

// DamagedError is an input that cannot be read to its end.
type DamagedError struct {
	Path   string
	Stored int64  // bytes on disk that were read
	Offset int64  // bytes that could be unpacked
	Where  string // in Parquet, which has neither
	Err    error
}

func (e *DamagedError) Error() string {
	what := "it is damaged"
	if errors.Is(e.Err, io.ErrUnexpectedEOF) {
		what = "it has been cut off"
	}
	if e.Where != "" {
		return fmt.Sprintf("%s: %s: %s: %v; get it again", e.Path, what, e.Where, e.Err)
	}
	return fmt.Sprintf("%s: %s: byte %d of the file, after %d bytes unpacked: %v; get it again", e.Path, what, e.Stored, e.Offset, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// maxWindow bounds the memory that unpacking zstd takes; it is that of zstd --long=31.
const maxWindow = 1 << 31

// Open opens a file at its beginning.
func Open(ctx context.Context, f File) (*Reader, error) {
	file, err := openStored(ctx, f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ChangedError{Path: f.Path, What: "it is gone"}
	}
	if err != nil {
		return nil, err
	}
	r := &Reader{file: file, path: f.Path, end: func() {}}
	r.stored.r = file
	switch f.Packing {
	case Gzip:
		unpacked, err := gzip.NewReader(&r.stored)
		if err != nil {
			return nil, errors.Join(r.damaged(err), file.Close())
		}
		r.in = unpacked
	case Zstd:
		unpacked, err := zstd.NewReader(&r.stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, errors.Join(r.damaged(err), file.Close())
		}
		r.in, r.end = unpacked, unpacked.Close
	default:
		r.in = file
	}
	return r, nil
}

// OpenAt opens a file at an offset.
func OpenAt(ctx context.Context, f File, offset int64) (*Reader, error) {
	r, err := Open(ctx, f)
	if err != nil {
		return nil, err
	}
	if f.Packing == Plain {
		r.pos, err = r.file.Seek(offset, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, offset)
	}
	if errors.Is(err, io.EOF) {
		err = &ChangedError{Path: f.Path, What: fmt.Sprintf("it ends at byte %d, before byte %d", r.pos, offset)}
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.pos += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.damaged(err)
	}
	return n, err
}

func (r *Reader) damaged(err error) error {
	if unreachable(err) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &DamagedError{Path: r.path, Stored: r.stored.n, Offset: r.pos, Err: err}
}

// Close gives the file back.
func (r *Reader) Close() error {
	r.end()
	return r.file.Close()
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
