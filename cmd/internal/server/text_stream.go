package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

var typeLines = []string{"application/x-ndjson"}

const (
	maxLine    = 128 << 10 // as many ids as a line may have, each with six digits
	streamBase = 16 << 10  // what a stream takes up besides its lines and their texts
	lineCost   = 4         // times its size is what a line takes up, with its ids
)

// textStream answers lines of ids with lines of text, while both come and go. Reading and
// writing are of one goroutine.
type textStream struct {
	x      *exchange
	d      *bridge.Detokenizer
	events bool
	lines  *bufio.Reader
	pace   *pace
	held   reservation

	mu      sync.Mutex
	waiting bool  // for a line of which nothing has come
	err     error // why no more is read
}

// detokenizeStream answers POST /v1/detokenize/stream. Its head goes out before a line has
// come, so that who waits for it before he sends does not wait for ever.
func (s *Server) detokenizeStream(x *exchange) {
	q := x.parameters("policy", "events")
	policy, events := policies[q.one("policy", "ignore", "keep", "raise")], q.is("events")
	if s.engine.Admit() != nil {
		x.fail(overloaded)
		return
	}
	tok := x.tokenizer(q)
	if tok == nil {
		return
	}
	switch packed, err := s.unpacker(x.r); {
	case packed != nil:
		packed.release()
		x.refuseBody(&packingError{http.StatusUnsupportedMediaType, "A stream of ids is not packed."})
		return
	case err != nil:
		x.refuseBody(err)
		return
	}
	t := &textStream{x: x, events: events}
	if !s.reserve(&t.held, streamBase, false) {
		x.fail(overloaded)
		return
	}
	defer s.giveBack(&t.held)
	ctx, cancel := context.WithTimeout(x.r.Context(), s.o.Timeout)
	d, err := tok.NewDetokenizer(ctx, policy)
	cancel()
	if err != nil {
		x.failLibrary(err, nil)
		return
	}
	t.d = d
	t.begin()
	defer t.pace.stop()
	if err := t.run(); err != nil {
		t.fail(err)
	}
}

// begin sends the head. From then on lines are read beside the answers.
func (t *textStream) begin() {
	x := t.x
	_ = http.NewResponseController(x.w).EnableFullDuplex() // HTTP/2 always is, and a recorder in a test is not
	x.out.stream()
	if strings.EqualFold(x.r.Header.Get("Expect"), "100-continue") && x.r.ProtoMajor < 2 {
		x.w.WriteHeader(http.StatusContinue) // after the head net/http would not say it
	}
	t.lines = bufio.NewReader(x.r.Body)
	t.pace = newPace(x.w, x.r, x.s.o.StreamIdle)
	x.w.Header()["Content-Type"] = typeLines
	x.status, x.tokens = http.StatusOK, 0
	x.w.WriteHeader(http.StatusOK)
	x.out.Flush()
}

// run answers line by line. After the last comes what is left, and that this was all.
func (t *textStream) run() error {
	defer context.AfterFunc(t.x.s.draining, t.drain)()
	defer context.AfterFunc(t.x.s.cutting, func() { t.stop(engine.ErrDraining) })()
	for {
		line, err := t.next()
		if errors.Is(err, io.EOF) {
			t.x.unread = false
			t.pace.done()
			text, events := engine.Flushed(t.d, t.events)
			return t.send(text, events, true)
		}
		if err != nil {
			return err
		}
		ids, err := idsOf(line)
		if err != nil {
			return err
		}
		text, events, err := engine.Streamed(t.d, ids, t.events)
		if err != nil {
			return err
		}
		if err := t.send(text, events, false); err != nil {
			return err
		}
		t.x.tokens += len(ids)
	}
}

// idsOf reads a line: an id, or a list of ids.
func idsOf(line []byte) ([]int32, error) {
	if line[0] != '[' {
		line = append(append([]byte{'['}, line...), ']')
	}
	ids, err := jsonl.ParseIDs(line)
	if err == nil && len(ids) > engine.MaxStreamIDs {
		err = &mistral.InputError{Place: "tokens", Offset: -1, Err: errManyIDs}
	}
	return ids, err
}

// send writes a line, which is with the caller before the next is read.
func (t *textStream) send(text string, events []bridge.Event, last bool) error {
	line := jsonl.AppendJSON([]byte(`{"text":`), text)
	if t.events {
		line = jsonl.AppendEvents(append(line, `,"events":`...), events)
	}
	if last {
		line = append(line, `,"done":true`...)
	}
	return t.write(append(line, "}\n"...))
}

func (t *textStream) write(line []byte) error {
	var held reservation
	t.x.s.add(&held, int64(len(line)))
	defer t.x.s.giveBack(&held)
	t.x.sent += len(line)
	if _, err := t.x.w.Write(line); err != nil {
		return errGone
	}
	t.x.out.Flush()
	return nil
}

// fail says in a line what went wrong, in the words of the library's routes, and breaks the
// answer off: who has read to its end knows that it is not whole.
func (t *textStream) fail(err error) {
	x := t.x
	if errors.Is(err, errGone) {
		x.failure = clientGone.Code
		panic(http.ErrAbortHandler)
	}
	f := streamFailure(err)
	if f.Code == string(bridge.ReasonInvalid) || f.Code == string(bridge.ReasonRejected) {
		_ = t.write(append(libraryErrorJSON(err, nil), '\n')) // the caller may have gone
	} else {
		x.failure = f.Code
		_ = t.write(append(wordsOf(f, x.route.Route), '\n'))
	}
	t.dropRest()
	panic(http.ErrAbortHandler)
}

// dropRest reads what is still coming over HTTP/1 for a moment: the kernel answers it with a
// reset, which could cost the caller the last line.
func (t *textStream) dropRest() {
	if t.x.r.ProtoMajor < 2 && t.x.unread {
		t.x.abandonBody()
		_, _ = io.CopyN(io.Discard, t.x.r.Body, streamWindow)
	}
}

// streamFailure is what ends a stream.
func streamFailure(err error) engine.Failure {
	switch {
	case errors.Is(err, errSlow):
		return failed("slow_body", http.StatusRequestTimeout, "The next line took too long to come.")
	case errors.Is(err, errBroken):
		return failed("broken_body", http.StatusBadRequest, "The request body could not be read: it is cut off, or its chunks are malformed.")
	}
	return engine.Classify(err)
}
