package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
)

func isGRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// serveGRPC hands a call on when it has a key and its first message is there: gRPC's handler
// keeps whatever comes, in pieces of 16 KB however small they are, and before it asks who sends it.
func (s *Server) serveGRPC(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	out := newAnswerWriter(w, r, s.o.WriteTimeout, true)
	defer out.end()
	if s.o.Keys != nil && !rpc.IsHealth(r.URL.Path) && !s.o.Keys.Allow(r) {
		s.refuseCall(&out, r, begun, rpc.ErrUnauthenticated)
		return
	}
	in := newIntake(s, r)
	defer in.end()
	out.closeBody = func() { in.fail(errGone) }
	if m, known := s.shapes[r.URL.Path]; s.shapes == nil || known && !m.single {
		out.closeBody = nil // messages come beside the answers
	}
	if err := in.first(); err != nil {
		s.refuseCall(&out, r, begun, err)
		return
	}
	if in.unary { // the others may wait for their callers at any time
		out.startWork()
	}
	call := r.WithContext(rpc.WithIntake(r.Context(), in))
	call.Body = in
	s.o.GRPC.ServeHTTP(&out, call)
	// gRPC has no other word for a body's failure than that the connection broke.
	if h := w.Header(); strings.Contains(h.Get("Grpc-Message"), errIntake.Error()) {
		if err := in.failure(); err != nil {
			setStatus(h, callStatus(err, s.o.MaxBody))
			s.o.Metrics.Failed(callFailure(err))
		}
	}
}

// shape is how many messages a method of gRPC takes and gives.
type shape struct {
	single bool // it takes a single message
	unary  bool // and gives one
}

// shapes are those of the methods of a handler, by their paths.
func shapes(h http.Handler) map[string]shape {
	calls, ok := h.(interface {
		GetServiceInfo() map[string]grpc.ServiceInfo
	})
	if !ok {
		return nil
	}
	found := map[string]shape{}
	for service, info := range calls.GetServiceInfo() {
		for _, m := range info.Methods {
			found["/"+service+"/"+m.Name] = shape{!m.IsClientStream, !m.IsClientStream && !m.IsServerStream}
		}
	}
	return found
}

// callStatus says why a message is not taken.
func callStatus(err error, limit int64) *status.Status {
	switch {
	case errors.Is(err, errTooLarge):
		st := rpc.StatusOf(bridge.ErrTooLarge)
		p := st.Proto()
		p.Message = fmt.Sprintf("The message is larger than the limit of %d bytes.", limit)
		return status.FromProto(p)
	case errors.Is(err, errMemory):
		return rpc.StatusOf(bridge.ErrOverloaded)
	case errors.Is(err, errSlow), errors.Is(err, errIdle):
		st := rpc.StatusOf(context.DeadlineExceeded)
		p := st.Proto()
		p.Message = "The message took too long to come."
		return status.FromProto(p)
	case errors.Is(err, errPacked):
		return status.New(codes.Internal, "The message is not what its grpc-encoding says.")
	case errors.Is(err, errGone):
		return rpc.StatusOf(context.Canceled)
	}
	return rpc.StatusOf(err)
}

// callFailure is the word for the metrics.
func callFailure(err error) string {
	for known, word := range map[error]string{
		errTooLarge: "too_large", errMemory: overloaded.Code, errSlow: "slow_body", errIdle: "idle_stream", errPacked: "bad_encoding",
		rpc.ErrUnauthenticated: "unauthenticated", errGone: clientGone.Code,
	} {
		if errors.Is(err, known) {
			return word
		}
	}
	return engine.Classify(err).Code
}

// refuseCall answers a call that gRPC never sees.
func (s *Server) refuseCall(w http.ResponseWriter, r *http.Request, begun time.Time, err error) {
	st, h := callStatus(err, s.o.MaxBody), w.Header()
	id := requestID(r)
	if id == "" {
		id = newID()
	}
	h["Content-Type"] = []string{"application/grpc"}
	h["X-Request-Id"] = []string{id}
	setStatus(h, st)
	w.WriteHeader(http.StatusOK)
	s.o.Metrics.Failed(callFailure(err))
	if s.o.AccessLog {
		s.o.Log.LogAttrs(r.Context(), slog.LevelInfo, "rpc refused", slog.String("code", st.Code().String()),
			slog.String("failure", callFailure(err)), slog.Duration("duration", time.Since(begun)),
			slog.String("request_id", id), slog.String("remote", r.RemoteAddr))
	}
}

// setStatus writes a status into what are headers or trailers.
func setStatus(h http.Header, st *status.Status) {
	h.Set("Grpc-Status", strconv.Itoa(int(st.Code())))
	h.Set("Grpc-Message", percentEncoded(st.Message()))
	h.Del("Grpc-Status-Details-Bin")
	if p := st.Proto(); len(p.GetDetails()) > 0 {
		if b, err := proto.Marshal(p); err == nil {
			h.Set("Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(b))
		}
	}
}

// percentEncoded is a message as gRPC has it in a header.
func percentEncoded(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
