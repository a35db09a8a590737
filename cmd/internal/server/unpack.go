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
	gzip  *gzip.Reader
	zstd  *zstd.Decoder
	from  source
	begun bool // its first bytes have been requested
}

// source is the packed body, and why it ended: decoders report that differently. It has a limit of its own,
// because parts of which nothing is left when they are unpacked could continue for ever.
type source struct {
	body io.Reader
	left int64 // of the limit
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if s.left < 0 {
		s.err = errTooLarge
		return 0, s.err
	}
	n, err := s.body.Read(p)
	s.left -= int64(n)
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

// unpacker gives the reader of a packed body, nil for one that is not packed. Nothing is read yet: who waits for
// the first bytes must have an end, as for all others.
func (s *Server) unpacker(r *http.Request) (*unpacker, error) {
	values := r.Header["Content-Encoding"]
	if len(values) == 0 {
		return nil, nil //nolint:nilnil // not packed
	}
	var pool *sync.Pool
	switch name := strings.ToLower(strings.TrimSpace(strings.Join(values, ","))); name {
	case "", "identity":
		return nil, nil //nolint:nilnil // not packed
	case "gzip", "x-gzip":
		pool = &gzips
	case "zstd":
		pool = &zstds
	default:
		return nil, &packingError{http.StatusUnsupportedMediaType, "The request's Content-Encoding is not supported: there are gzip and zstd."}
	}
	u := pool.Get().(*unpacker)
	u.from = source{body: r.Body, left: s.o.MaxBody}
	return u, nil
}

// Read is io.Reader's. It distinguishes a body that is not packed from a broken connection.
func (u *unpacker) Read(p []byte) (n int, err error) {
	if !u.begun {
		u.begun, err = true, u.begin()
	}
	switch {
	case err == io.EOF: //nolint:errorlint // of the decoder: there is nothing of what it unpacks
		err = io.ErrUnexpectedEOF
	case err != nil:
	case u.gzip != nil:
		n, err = u.gzip.Read(p)
	default:
		n, err = u.zstd.Read(p)
	}
	if err == nil || err == io.EOF { //nolint:errorlint // io.Reader's, and no other
		return n, err
	}
	return n, u.unreadable()
}

// begin reads what is before the body.
func (u *unpacker) begin() error {
	if u.gzip != nil {
		return u.gzip.Reset(&u.from)
	}
	return u.zstd.Reset(&u.from)
}

// unreadable is the body's own failure, where it has one: else what it holds is at fault,
// whatever a decoder reports.
func (u *unpacker) unreadable() error {
	if err := u.from.err; err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return &packingError{http.StatusBadRequest, "The request body is not what its Content-Encoding says."}
}

// release gives the reader back; it no longer holds the request.
func (u *unpacker) release() {
	u.from, u.begun = source{}, false
	if u.gzip != nil {
		gzips.Put(u)
		return
	}
	if u.zstd.Reset(nil) == nil {
		zstds.Put(u)
	}
}
