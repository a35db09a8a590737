package object

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
)

// Reader reads an object from any offset. What it reads ahead is thrown away by a Seek elsewhere.
type Reader struct {
	ctx    context.Context //nolint:containedctx // of its opening: io.Reader has none
	url    URL
	bucket *blob.Bucket
	size   int64
	pos    int64
	body   *blob.Reader // at pos; nil: not requested yet
}

// Open opens an object at its beginning.
func (u URL) Open(ctx context.Context) (*Reader, error) {
	b, err := u.Bucket(ctx)
	if err != nil {
		return nil, err
	}
	var size int64
	err = Retry(ctx, func() error {
		attrs, err := b.Attributes(ctx, u.Key)
		if err == nil {
			size = attrs.Size
		}
		return err
	})
	if err != nil {
		return nil, u.Error(err)
	}
	return &Reader{ctx: ctx, url: u, bucket: b, size: size}, nil
}

// Size is the object's, in bytes.
func (r *Reader) Size() int64 { return r.size }

// A body that breaks off is requested again from where it did.
func (r *Reader) Read(p []byte) (n int, err error) {
	if r.pos >= r.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	err = r.retry(func() error {
		var err error
		n, err = r.read(p)
		r.pos += int64(n)
		if n > 0 {
			return nil // what is wrong is found again
		}
		_ = r.Close()
		return err
	})
	return n, err
}

func (r *Reader) retry(request func() error) error { return r.url.Error(Retry(r.ctx, request)) }

// read reads once. That the body has an end before the object's is an error.
func (r *Reader) read(p []byte) (int, error) {
	if r.body == nil {
		body, err := r.bucket.NewRangeReader(r.ctx, r.url.Key, r.pos, -1, nil)
		if err != nil {
			return 0, err
		}
		if body.Size() != r.size {
			_ = body.Close()
			return 0, &sizeError{r.url, r.size, body.Size()}
		}
		r.body = body
	}
	n, err := r.body.Read(p)
	if errors.Is(err, io.EOF) && r.pos+int64(n) < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// sizeError is an object that is another than was opened.
type sizeError struct {
	url      URL
	was, has int64
}

func (e *sizeError) Error() string {
	return fmt.Sprintf("%s had %d bytes when it was opened, and has %d", e.url, e.was, e.has)
}

// Seek is io.Seeker's.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.pos, fmt.Errorf("%s: there is no byte %d", r.url, offset)
	}
	if offset != r.pos {
		_ = r.Close()
		r.pos = offset
	}
	return offset, nil
}

// ReadAt is io.ReaderAt's, in a request of its own.
func (r *Reader) ReadAt(p []byte, offset int64) (int, error) {
	want := min(int64(len(p)), r.size-offset)
	if want <= 0 {
		return 0, io.EOF
	}
	var n int
	err := r.retry(func() error {
		body, err := r.bucket.NewRangeReader(r.ctx, r.url.Key, offset, want, nil)
		if err != nil {
			return err
		}
		defer body.Close()
		n, err = io.ReadFull(body, p[:want])
		return err
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Close gives the connection back.
func (r *Reader) Close() error {
	if r.body == nil {
		return nil
	}
	err := r.body.Close()
	r.body = nil
	return err
}
