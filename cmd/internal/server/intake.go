package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// What gRPC's handler gets from an intake that has failed; the caller gets the reason.
var (
	errIntake = errors.New("the server takes no more messages of this call")
	errIdle   = errors.New("no message has come for too long")
	errPacked = errors.New("a message is not what its encoding says")
	errGone   = errors.New("the caller has gone")
)

// A message is held as it came, as gRPC puts it together, as what it says, and on its way to Python. Of one that waits
// for those before it gRPC keeps the piece of memory that it was read into, however little that is.
const (
	messageCost = 4
	messageBase = 16 << 10
)

// An answer is held as what it says, as gRPC writes it, and in pieces.
const answerCost = 3

// So much of a stream's may be unanswered before more is read.
const (
	unansweredBytes = 1 << 20
	unansweredCalls = 32
)

// intake is the body of a call of gRPC. It gives whole messages, for each of which it has a
// time, a least rate and memory, as for the bodies of other requests.
type intake struct {
	s        *Server
	body     io.ReadCloser
	encoding string
	pace     pace // only its timer: see next

	head  []byte  // of the message, what has not been read
	text  *buffer // the message
	given int     // of text
	plain bool    // what follows is no message, which gRPC will say

	mu       sync.Mutex
	changed  *sync.Cond
	reports  bool        // the handler reports each message that it reads
	single   bool        // the call has one message, and begins when its end has come
	unary    bool        // and one answer
	held     []*charge   // the messages that are not answered
	bytes    int64       // of them
	window   reservation // what HTTP/2 may keep of a call that is not read
	err      error       // why no more is read
	closed   bool        // nobody waits for more
	waiting  bool        // for a message of which nothing has come
	coming   bool        // something of a message has come, and not all
	answered time.Time
	stops    []func() bool // ends the watch for the server's end
}

func newIntake(s *Server, r *http.Request) *intake {
	in := &intake{s: s, body: r.Body, encoding: r.Header.Get("Grpc-Encoding")}
	in.changed = sync.NewCond(&in.mu)
	_, in.reports = s.o.GRPC.(*grpc.Server)
	in.single, in.unary = s.shapes[r.URL.Path].single, s.shapes[r.URL.Path].unary
	in.pace.cut = func() { in.fail(engine.ErrDraining) }
	in.stops = []func() bool{context.AfterFunc(s.draining, in.drain), context.AfterFunc(s.cutting, in.cut)}
	return in
}

// end gives back what the call held.
func (in *intake) end() {
	for _, stop := range in.stops {
		stop()
	}
	in.fail(errGone)
	if in.pace.stop != nil {
		in.pace.stop()
	}
	if in.text != nil {
		in.s.release(in.text)
		in.text = nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, c := range in.held {
		in.s.giveBack(&c.held)
	}
	in.held = nil
	in.s.giveBack(&in.window)
}

// fail ends the reading.
func (in *intake) fail(err error) {
	in.mu.Lock()
	if in.err == nil {
		in.err = err
	}
	in.mu.Unlock()
	in.changed.Broadcast()
	_ = in.body.Close() // never fails
}

func (in *intake) failure() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// drain ends a call that waits for a message when the server ends: none has to come.
func (in *intake) drain() {
	in.mu.Lock()
	waiting := in.waiting
	in.mu.Unlock()
	if waiting {
		in.fail(engine.ErrDraining)
	}
}

// cut ends a call of which a message has been coming for as long as the server waits.
func (in *intake) cut() {
	in.mu.Lock()
	coming := in.coming
	in.mu.Unlock()
	if coming {
		in.fail(engine.ErrDraining)
	}
}

// first waits for the first message. A call without one has an end.
func (in *intake) first() error {
	if err := in.next(); err != nil && !errors.Is(err, io.EOF) {
		return in.because(err)
	}
	return nil
}

// Read is io.Reader's, for gRPC's handler.
func (in *intake) Read(p []byte) (int, error) {
	for len(in.head) == 0 && in.text == nil {
		if in.plain {
			return in.readPlain(p)
		}
		if err := in.next(); err != nil {
			if errors.Is(err, io.EOF) {
				return 0, io.EOF
			}
			in.fail(err) // what has come and what still comes is dropped
			in.awaitAnswers()
			return 0, errIntake
		}
	}
	n := copy(p, in.head)
	in.head = in.head[n:]
	if len(in.head) == 0 && in.text != nil {
		more := copy(p[n:], in.text.b[in.given:])
		in.given += more
		n += more
		if in.given == len(in.text.b) {
			in.take()
		}
	}
	return n, nil
}

// awaitAnswers waits until what was taken is answered: gRPC cuts a call when a message of it fails.
func (in *intake) awaitAnswers() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.reports && !in.single && len(in.held) > 0 && !in.closed {
		in.changed.Wait()
	}
}

// readPlain passes on what is no message, of which gRPC's handler takes little.
func (in *intake) readPlain(p []byte) (int, error) {
	if in.failure() != nil {
		return 0, errIntake
	}
	return in.body.Read(p) //nolint:wrapcheck // io.EOF is io.EOF
}

// Close is io.Closer's.
func (in *intake) Close() error {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.fail(errGone)
	return nil
}

// because returns the cause of a failure, which the caller gets.
func (in *intake) because(err error) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
	return in.err
}

// await waits until more may be read, and then watches for a message that does not come.
func (in *intake) await() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	// After a single message its end is to be seen, without which gRPC does not begin.
	for in.err == nil && in.reports && len(in.held) > 1 && (len(in.held) >= unansweredCalls || in.bytes >= unansweredBytes) {
		if in.window.bytes == 0 && !in.s.reserve(&in.window, streamWindow, true) {
			return errMemory
		}
		in.changed.Wait()
	}
	in.s.giveBack(&in.window)
	if in.err != nil {
		return in.err
	}
	in.waiting = true
	if in.s.draining.Err() != nil {
		return engine.ErrDraining
	}
	limit := in.s.o.ReadTimeout
	if in.pace.set != nil && !in.single {
		limit = in.s.o.StreamIdle
	}
	in.watch(limit, errIdle)
	return nil
}

// begin is called when something of a message has come, or when none will.
func (in *intake) begin() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.waiting, in.coming = false, true
	in.pace.stop()
	in.watch(in.s.o.ReadTimeout, errSlow)
}

// came is called when a message has come, or will not.
func (in *intake) came() {
	in.mu.Lock()
	in.coming = false
	in.mu.Unlock()
	in.pace.stop()
}

// watch ends the reading after some time. A caller that waits for answers is not idle, but there is none before a single
// message has its end. in.mu is held.
func (in *intake) watch(limit time.Duration, err error) {
	var timer *time.Timer
	in.pace.large, in.pace.came = false, 0
	in.pace.end, in.pace.least = time.Now().Add(limit), min(limit, leastTime)
	timer = time.AfterFunc(limit, func() {
		in.mu.Lock()
		busy := in.waiting && in.reports && !in.single && (len(in.held) > 0 || time.Since(in.answered) < limit)
		if busy {
			timer.Reset(limit)
		}
		in.mu.Unlock()
		if !busy {
			in.fail(err)
		}
	})
	in.pace.set = func(t time.Time) { timer.Reset(time.Until(t)) }
	in.pace.stop = func() { timer.Stop() }
}
