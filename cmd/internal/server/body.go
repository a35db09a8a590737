package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"

	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

var (
	errTooLarge = errors.New("the body is larger than the limit")
	errMemory   = errors.New("the bodies take up too much memory")
	errSlow     = errors.New("the body comes too slowly")
)

// receive reads the body into memory of the pool, unpacked; false: it has answered why not.
func (x *exchange) receive() bool {
	if err := x.read(); err != nil {
		x.refuseBody(err)
		return false
	}
	x.out.startWork()
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
	if x.unread {
		// A body that comes too slowly ends the connection. net/http takes the deadline back when the body has come.
		_ = http.NewResponseController(x.w).SetReadDeadline(x.begun.Add(s.o.ReadTimeout)) // a recorder in a test has none
	}
	rc := receiver{s: s, cost: 1, room: refserver.DefaultRoom, pace: newPace(x.w, r, s.o.ReadTimeout)}
	defer func() {
		rc.pace.stop()
		x.body = rc.into
	}()
	if unpacker != nil {
		defer unpacker.release()
		err = rc.read(unpacker, -1)
	} else {
		err = rc.read(r.Body, n)
	}
	if err == nil {
		x.unread = false
		rc.pace.done()
	}
	return err
}

func (x *exchange) refuseBody(err error) {
	var packed *packingError
	switch {
	case errors.Is(err, errTooLarge):
		x.close() // else net/http waits for the rest
		x.fail(failed("too_large", http.StatusRequestEntityTooLarge,
			fmt.Sprintf("The request body is larger than the limit of %d bytes.", x.s.o.MaxBody)))
	case errors.Is(err, errMemory):
		x.fail(overloaded)
	case errors.Is(err, errSlow), errors.Is(err, os.ErrDeadlineExceeded):
		x.close()
		x.fail(failed("slow_body", http.StatusRequestTimeout, "The request body took too long."))
	case errors.As(err, &packed):
		if packed.status == http.StatusUnsupportedMediaType {
			x.w.Header()["Accept-Encoding"] = []string{"gzip, zstd"}
		}
		x.fail(failed("bad_encoding", packed.status, packed.text))
	case hasGone(x.r, err):
		x.fail(clientGone)
	default:
		x.close()
		x.fail(failed("broken_body", http.StatusBadRequest,
			"The request body could not be read: it is cut off, or its chunks are malformed."))
	}
}

// close has a connection of HTTP/1 end with the answer. One of HTTP/2 has other requests too.
func (x *exchange) close() {
	if x.r.ProtoMajor < 2 {
		x.w.Header()["Connection"] = []string{"close"}
	}
}

// hasGone reports whether a caller has gone, and does not wait for an answer all the same: a
// connection of HTTP/1 that broke, or a stream of HTTP/2.
func hasGone(r *http.Request, err error) bool {
	var reset http2.StreamError
	return errors.As(err, &reset) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		r.ProtoMajor > 1 && r.Context().Err() != nil
}
