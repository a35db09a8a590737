package server

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packingError is a body whose Content-Encoding cannot be undone.
type packingError struct {
	status int
	text   string
}

func (e *packingError) Error() string { return e.text }

// unpacker reads what a packed body holds. Both kinds are pooled, because what they work
// with is large.
type unpacker struct {
	gzip *gzip.Reader
	zstd *zstd.Decoder
	from source
}

// source is the packed body, and why it ended: what a decoder says of that differs.
type source struct {
	body io.Reader
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// maxWindow bounds what a zstd body may ask for before it has sent anything.
const maxWindow = 8 << 20

var gzips, zstds = sync.Pool{New: func() any { return &unpacker{gzip: new(gzip.Reader)} }}, sync.Pool{New: newZstd}

func newZstd() any {
	// One goroutine, the caller's: a server has enough of them.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil // the options are constants
	}
	return &unpacker{zstd: d}
}

// unpacker gives the reader of a packed body, nil for one that is not packed.
func (s *Server) unpacker(r *http.Request) (*unpacker, error) {
	values := r.Header["Content-Encoding"]
	if len(values) == 0 {
		return nil, nil //nolint:nilnil // not packed
	}
	var u *unpacker
	var err error
	switch name := strings.ToLower(strings.TrimSpace(strings.Join(values, ","))); name {
	case "", "identity":
		return nil, nil //nolint:nilnil // not packed
	case "gzip", "x-gzip":
		u = gzips.Get().(*unpacker)
		u.from = source{body: r.Body}
		err = u.gzip.Reset(&u.from)
	case "zstd":
		u = zstds.Get().(*unpacker)
		u.from = source{body: r.Body}
		err = u.zstd.Reset(&u.from)
	default:
		return nil, &packingError{http.StatusUnsupportedMediaType, "The request's Content-Encoding is not supported: there are gzip and zstd."}
	}
	if err != nil {
		defer u.release()
		return nil, u.unreadable()
	}
	return u, nil
}

// Read is io.Reader's. What is no packed body is told apart from a broken connection.
func (u *unpacker) Read(p []byte) (n int, err error) {
	if u.gzip != nil {
		n, err = u.gzip.Read(p)
	} else {
		n, err = u.zstd.Read(p)
	}
	if err == nil || err == io.EOF { //nolint:errorlint // io.Reader's, and no other
		return n, err
	}
	return n, u.unreadable()
}

// unreadable is the body's own failure, where it has one: else what it holds is at fault,
// whatever a decoder says of it.
func (u *unpacker) unreadable() error {
	if err := u.from.err; err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return &packingError{http.StatusBadRequest, "The request body is not what its Content-Encoding says."}
}

// release gives the reader back; it no longer holds the request.
func (u *unpacker) release() {
	u.from = source{}
	if u.gzip != nil {
		gzips.Put(u)
		return
	}
	if u.zstd.Reset(nil) == nil {
		zstds.Put(u)
	}
}
