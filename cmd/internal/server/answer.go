package server

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// Values of headers, shared by all answers: net/http only reads them.
var (
	typeJSON = []string{"application/json"}
	noLength = []string{"0"}
)

var (
	overloaded = engine.Classify(bridge.ErrOverloaded)
	clientGone = engine.Classify(context.Canceled)
)

// callEngine asks the engine and answers with what it says.
func (s *Server) callEngine(x *exchange) {
	ctx, cancel := context.WithTimeout(x.r.Context(), s.o.Timeout)
	defer cancel()
	limit, ok := x.inputLen()
	if !ok {
		return
	}
	request := refserver.Request{Route: refserver.Route(x.route.Code), ID: x.given, MaxModelInputLen: limit}
	if x.body != nil {
		request.Body, request.Room, request.ContentType = x.body.b, x.body.room, contentType(x.r.Header)
		x.received = len(x.body.body())
	}
	x.called = time.Now()
	served, err := s.engine.Serve(ctx, request)
	x.answered = time.Now()
	if err != nil {
		if x.body != nil {
			x.body.b, x.body.room = nil, 0 // a reader may still have it
		}
		x.failCall(err)
		return
	}
	if served.Raised != nil {
		x.blame("the reference failed", served.Raised, slog.Int("status", served.Status))
	}
	x.tokens = served.Count()
	if x.body != nil {
		x.body = s.reserveAnswer(x.body, 4*int64(len(served.Tokens))+int64(len(served.Head)+len(served.Tail)))
	}
	x.answer(served)
}

// pieces is how many tokens are written at a time.
const pieces = 8 << 10

// answer writes what the engine said.
func (x *exchange) answer(a *refserver.Response) {
	h := x.w.Header()
	h["Content-Type"] = typeJSON
	if a.ContentType != typeJSON[0] {
		h["Content-Type"] = []string{a.ContentType}
	}
	x.status = a.Status
	if len(a.Tokens) > pieces {
		// Its length is not worth counting all digits twice.
		x.send(func(w http.ResponseWriter) { x.stream(w, a) })
		return
	}
	out := getBuffer(0)
	defer putBuffer(out)
	out.b = a.AppendBody(out.b)
	x.sent = len(out.b)
	if s := x.s; s.o.CompressMin > 0 && x.sent >= s.o.CompressMin {
		x.send(func(w http.ResponseWriter) {
			w.WriteHeader(a.Status)
			_, _ = w.Write(out.b) // the caller may have gone
		})
		return
	}
	h["Content-Length"] = []string{strconv.Itoa(x.sent)}
	x.w.WriteHeader(a.Status)
	_, _ = x.w.Write(out.b) // the caller may have gone
}

// send writes a large answer with write, packed if the caller takes that.
func (x *exchange) send(write func(http.ResponseWriter)) {
	if x.s.o.CompressMin > 0 {
		x.s.pack(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w) }))(x.w, x.r)
	} else {
		write(x.w)
	}
}

// stream writes an answer of many tokens piece by piece. Each piece is a moment for others.
func (x *exchange) stream(w http.ResponseWriter, a *refserver.Response) {
	w.WriteHeader(a.Status)
	out := getBuffer(0)
	defer putBuffer(out)
	out.b = append(append(out.b, a.Head...), '[')
	for rest := a.Tokens; len(rest) > 0; {
		n := min(pieces, len(rest))
		for _, token := range rest[:n] {
			out.b = append(strconv.AppendInt(out.b, int64(token), 10), ',')
		}
		rest = rest[n:]
		if len(rest) == 0 {
			out.b[len(out.b)-1] = ']'
			out.b = append(out.b, a.Tail...)
		}
		x.sent += len(out.b)
		if _, err := w.Write(out.b); err != nil {
			return // the caller has gone
		}
		out.b = out.b[:0]
		runtime.Gosched()
	}
}

// json answers with a short text.
func (x *exchange) json(status int, text string) {
	h := x.w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(len(text))}
	x.status, x.sent = status, len(text)
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write([]byte(text))
	}
}

// empty answers without a body.
func (x *exchange) empty(status int) {
	x.w.Header()["Content-Length"] = noLength
	x.status = status
	x.w.WriteHeader(status)
}
