package server

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Of a body that is not small any more, so much is to come in each such time.
const (
	leastBytes = 64 << 10
	leastTime  = 10 * time.Second
)

// pace ends a body that comes too slowly: it has a time to be there, and a large one a least
// rate besides, because it keeps others out.
type pace struct {
	end   time.Time
	least time.Duration
	set   func(time.Time) // when reading is to end
	stop  func()
	done  func()      // the body has come as a whole
	cut   func()      // ends the reading at once
	late  atomic.Bool // it has ended

	large bool
	came  int64 // since the deadline was set
}

// newPace watches a body of HTTP/2 from now on, and one of HTTP/1 as exchange.read does.
func newPace(w http.ResponseWriter, r *http.Request, limit time.Duration) *pace {
	p := &pace{end: time.Now().Add(limit), least: min(limit, leastTime), stop: func() {}, done: func() {}}
	if r.ProtoMajor < 2 {
		deadline := http.NewResponseController(w)
		p.set = func(t time.Time) { _ = deadline.SetReadDeadline(t) } // a recorder in a test has none
		// net/http watches for the caller's end while the call runs, and a deadline would be taken for one.
		p.done = func() { p.set(time.Time{}) }
		conn, _ := r.Context().Value(callerKey{}).(net.Conn)
		p.cut = func() {
			p.late.Store(true)
			if conn != nil {
				_ = conn.Close() // what has not come is not answered
			}
		}
		return p
	}
	p.byTimer(r.Body, p.end)
	return p
}

// byTimer closes the body at the end. A deadline of net/http's would outlive a stream that the
// caller resets, and keep all that belongs to it.
func (p *pace) byTimer(body io.Closer, end time.Time) {
	p.cut = func() {
		p.late.Store(true)
		_ = body.Close() // never fails
	}
	timer := time.AfterFunc(time.Until(end), p.cut)
	p.set = func(t time.Time) { timer.Reset(time.Until(t)) }
	p.stop = func() { timer.Stop() }
}

// read notes that n bytes have come.
func (p *pace) read(n int, large bool) {
	p.came += int64(n)
	if !large || p.large && p.came < leastBytes {
		return
	}
	p.large, p.came = true, 0
	next := time.Now().Add(p.least)
	if next.After(p.end) {
		next = p.end
	}
	p.set(next)
}

// over reports whether an error of reading is the pace's.
func (p *pace) over(err error) bool {
	return p.late.Load() || errors.Is(err, os.ErrDeadlineExceeded)
}
