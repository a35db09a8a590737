package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/net/http2"
)

var (
	errTooLarge = errors.New("the body is larger than the limit")
	errMemory   = errors.New("the bodies take up too much memory")
)

// receive reads the body into memory of the pool, unpacked; false: it has answered why not.
func (x *exchange) receive() bool {
	if err := x.read(); err != nil {
		x.refuseBody(err)
		return false
	}
	return true
}

// read reads the body. What it reserves it has in x.body, also when it fails.
func (x *exchange) read() error {
	s, r := x.s, x.r
	unpacker, err := s.unpacker(r)
	if err != nil {
		return err
	}
	n := r.ContentLength
	if n > s.o.MaxBody {
		return errTooLarge
	}
	if unpacker != nil {
		defer unpacker.release()
		return x.readAll(unpacker)
	}
	if n < 0 {
		return x.readAll(r.Body)
	}
	if !s.reserve(n) {
		return errMemory
	}
	x.body = getBuffer(int(n))
	x.body.reserved = n
	x.body.b = x.body.b[:n]
	for rest := x.body.b; len(rest) > 0; {
		piece := rest[:min(len(rest), pieceBytes)]
		if _, err := io.ReadFull(r.Body, piece); err != nil {
			return err
		}
		if rest = rest[len(piece):]; len(rest) > 0 {
			runtime.Gosched()
		}
	}
	return nil
}

// pieceBytes is how much is copied before others may have the processor: what comes over
// a fast connection never waits, and the runtime takes a processor away only after 10 ms.
const pieceBytes = 256 << 10

// readAll reads a body whose length nobody knows, and not a byte more than is allowed.
func (x *exchange) readAll(from io.Reader) error {
	s := x.s
	x.body = getBuffer(4 << 10)
	for {
		have, room := int64(len(x.body.b)), int64(cap(x.body.b))
		if room > x.body.reserved {
			if !s.reserve(room - x.body.reserved) {
				return errMemory
			}
			x.body.reserved = room
		}
		if have == room {
			grown := getBuffer(int(min(2*room, s.o.MaxBody+1)))
			grown.b = append(grown.b, x.body.b...)
			grown.reserved, x.body.reserved = x.body.reserved, 0
			putBuffer(x.body)
			x.body = grown
			continue
		}
		n, err := from.Read(x.body.b[have:room])
		x.body.b = x.body.b[:have+int64(n)]
		if int64(len(x.body.b)) > s.o.MaxBody {
			return errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (x *exchange) refuseBody(err error) {
	var packed *packingError
	switch {
	case errors.Is(err, errTooLarge):
		x.w.Header()["Connection"] = []string{"close"} // else net/http waits for the rest
		x.fail(failed("too_large", http.StatusRequestEntityTooLarge,
			fmt.Sprintf("The request body is larger than the limit of %d bytes.", x.s.o.MaxBody)))
	case errors.Is(err, errMemory):
		x.fail(overloaded)
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.w.Header()["Connection"] = []string{"close"}
		x.fail(failed("slow_body", http.StatusRequestTimeout, "The request body took too long."))
	case errors.As(err, &packed):
		if packed.status == http.StatusUnsupportedMediaType {
			x.w.Header()["Accept-Encoding"] = []string{"gzip, zstd"}
		}
		x.fail(failed("bad_encoding", packed.status, packed.text))
	case hasGone(x.r, err):
		x.fail(clientGone)
	default:
		x.w.Header()["Connection"] = []string{"close"}
		x.fail(failed("broken_body", http.StatusBadRequest,
			"The request body could not be read: it is cut off, or its chunks are malformed."))
	}
}

// hasGone tells a caller who has gone from one who waits for an answer all the same: of
// HTTP/1 a connection that broke, of HTTP/2 also a stream.
func hasGone(r *http.Request, err error) bool {
	var reset http2.StreamError
	return errors.As(err, &reset) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		r.ProtoMajor > 1 && r.Context().Err() != nil
}
