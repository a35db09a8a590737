package server

import (
	"net/http"
	"time"
)

// answerWriter writes an answer that its caller has to take at a least rate. Of HTTP/1 its
// connection sees to that. A caller of HTTP/2 can hold back a stream without a byte being
// written to the connection, so each stream has a time for each piece. Not safe for more than
// one goroutine.
type answerWriter struct {
	http.ResponseWriter
	conn      *pacedConn // nil: none
	limit     time.Duration
	h2        *http.ResponseController // nil: HTTP/1
	calls     bool                     // of gRPC, or a stream: many answers, of which each has its time
	closeBody func()                   // called before the first answer: of the body nothing is read any more; nil: it is
	atWork    bool                     // the request has come as a whole
	begun     bool                     // something of an answer has been written
	timed     bool                     // the stream has a time for what is being written
	left      int                      // bytes that belong to that time
}

// never is later than anything. A stream without a time would take a new one for its own
// after it was reset, and be held by it.
const never = 1 << 62

// newAnswerWriter watches over the answer of a request that is worked on from now on.
func newAnswerWriter(w http.ResponseWriter, r *http.Request, limit time.Duration, calls bool) answerWriter {
	a := answerWriter{ResponseWriter: w, conn: pacedOf(r.Context()), limit: limit, calls: calls}
	a.conn.beginRequest(r.ProtoMajor > 1)
	a.conn.working()
	if r.ProtoMajor > 1 {
		a.h2 = http.NewResponseController(w)
		// What has come of it, and what still comes, would be kept for as long as the answer waits for a window.
		a.closeBody = func() { _ = r.Body.Close() } // never fails
		if calls {
			a.setDeadline(never) // not that of http.Server
		}
	}
	return a
}

func (a *answerWriter) setDeadline(in time.Duration) {
	_ = a.h2.SetWriteDeadline(time.Now().Add(in)) // a recorder in a test has none
}

// stream is called before an answer that comes in pieces, beside what it answers.
func (a *answerWriter) stream() {
	a.calls, a.closeBody = true, nil
	if a.h2 != nil {
		a.setDeadline(never) // not that of http.Server
	}
}

// startWork is called when the request has come as a whole. Until it is answered nobody waits for its caller.
func (a *answerWriter) startWork() {
	a.atWork = true
	a.conn.startWork()
}

// begin is called before anything of an answer is written.
func (a *answerWriter) begin() {
	if a.begun {
		return
	}
	a.begun = true
	if a.atWork {
		a.atWork = false
		a.conn.endWork()
	}
	if a.closeBody != nil {
		a.closeBody()
		a.closeBody = nil
	}
	if a.h2 == nil && a.conn != nil {
		_ = a.conn.SetWriteDeadline(time.Time{}) // of a large answer that of http.Server would be too short
	}
	a.conn.answering()
}

// end is called when the answer is written, or none will be. HTTP/2 would keep what its caller does not take beyond the
// request, which then counts no more.
func (a *answerWriter) end() {
	a.begin()
	if a.timed && !a.calls {
		_ = a.h2.Flush()
	}
	a.conn.endRequest(a.h2 != nil)
}

// WriteHeader is http.ResponseWriter's.
func (a *answerWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.begin()
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is http.ResponseWriter's. net/http keeps the last of an answer until the handler has
// ended, within the time of the last piece.
func (a *answerWriter) Write(p []byte) (int, error) {
	a.begin()
	if a.h2 == nil {
		return a.ResponseWriter.Write(p)
	}
	for n := 0; ; {
		if !a.timed || a.left == 0 {
			a.setDeadline(a.limit)
			a.timed, a.left = true, leastBytes
		}
		m, err := a.ResponseWriter.Write(p[n:min(n+a.left, len(p))])
		n += m
		a.left -= m
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// Flush is for gRPC and streams, whose answers end with it.
func (a *answerWriter) Flush() {
	a.begin()
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	if !a.calls {
		return
	}
	if a.timed {
		a.setDeadline(never)
		a.timed = false
	}
	a.begun = false
	a.conn.working()
}

// Unwrap is for http.ResponseController.
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }
