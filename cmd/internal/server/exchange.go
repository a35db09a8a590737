package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// exchange is one request and its answer. It is pooled: nobody keeps it.
type exchange struct {
	s     *Server
	route *route
	w     http.ResponseWriter // &out
	out   answerWriter
	r     *http.Request
	body  *buffer // nil: none was read

	begun, called, answered time.Time // called: the call began; answered: it ended
	status, sent, tokens    int
	received                int    // bytes of a body that has been given away
	given                   string // the caller's request id, "" without a fit one
	made                    string // the server's own, "" before it is wanted
	failure                 string // why the server itself could not serve it
	unread                  bool   // of a body of HTTP/1 there may be more
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newExchange(s *Server, rt *route, w http.ResponseWriter, r *http.Request) *exchange {
	x := exchanges.Get().(*exchange)
	*x = exchange{s: s, route: rt, r: r, begun: time.Now(), tokens: -1, given: requestID(r)}
	x.out = newAnswerWriter(w, r, s.o.WriteTimeout, false)
	x.w = &x.out
	if x.unread = r.ContentLength != 0 && r.ProtoMajor < 2; x.unread && !rt.Body() {
		// Nobody reads it, but net/http does before it sends much of an answer.
		_ = http.NewResponseController(w).SetReadDeadline(x.begun.Add(min(abandonedBodyTimeout, s.o.ReadTimeout))) // a recorder in a test has none
	}
	if !rt.Probe {
		s.o.Metrics.BeginRequest()
	}
	if s.o.RequestIDHeaders {
		if x.given != "" {
			w.Header()["X-Request-Id"] = []string{x.given}
		} else {
			w.Header()["X-Request-Id"] = []string{newID()}
		}
	}
	return x
}

// finish logs the request and releases its resources; it recovers a panic.
func (x *exchange) finish() {
	p := recover()
	aborted := p == http.ErrAbortHandler //nolint:errorlint // net/http compares it too
	if p != nil && !aborted {
		x.panicked(p)
	}
	x.out.end()
	s, m, end := x.s, x.route.metrics, time.Now()
	x.abandonBody()
	received := x.received
	if x.body != nil {
		received = max(received, len(x.body.body()))
		s.release(x.body)
	}
	if x.body != nil || received > 0 {
		m.Received(received)
	}
	if !x.called.IsZero() && x.route.Body() {
		m.Observe(telemetry.Read, x.called.Sub(x.begun))
		m.Observe(telemetry.Call, x.answered.Sub(x.called))
		m.Observe(telemetry.Encode, end.Sub(x.answered))
	}
	if x.failure != "" {
		s.o.Metrics.Failed(x.failure)
	}
	m.Done(x.status, x.sent, x.tokens, end.Sub(x.begun))
	if !x.route.Probe {
		s.o.Metrics.EndRequest()
	}
	if s.tracer != nil {
		x.annotate(received)
	}
	if s.o.AccessLog {
		x.log(received, end)
	}
	*x = exchange{}
	exchanges.Put(x)
	if aborted {
		panic(http.ErrAbortHandler) // net/http breaks the answer off
	}
}

// abandonedBodyTimeout is how long net/http waits for a body that nobody reads any more, before it answers.
const abandonedBodyTimeout = time.Second

// abandonBody is called when nobody reads the body any more. A caller who does not send it holds up neither his own answer
// nor the server's end.
func (x *exchange) abandonBody() {
	if x.unread {
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(min(abandonedBodyTimeout, x.s.o.ReadTimeout))) // a recorder in a test has none
	}
}

// panicked answers a request whose handler has a defect. The stack has no values in it.
func (x *exchange) panicked(p any) {
	x.s.o.Log.Error("panic", slog.String("route", x.route.Path), slog.String("kind", fmt.Sprintf("%T", p)),
		slog.String("stack", string(debug.Stack())))
	x.failure = "panic"
	if x.status == 0 {
		x.fail(engine.Classify(bridge.ErrInternal))
	}
}

// fail answers with an error of the server's own.
func (x *exchange) fail(f engine.Failure) {
	x.failure = f.Code
	x.refuse(f) // also a caller who seems to have gone: without a status it would be 200
}
