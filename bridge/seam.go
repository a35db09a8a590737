package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The packages beside this one make their calls with what is here.
func init() { //nolint:gochecknoinits // a program that imports one of them needs it before main
	seam.OfRuntime = func(rt any) seam.Runtime { return runtimeSeam{rt.(*Runtime)} }
	seam.OfTokenizer = func(tok any) seam.Tokenizer {
		t := tok.(*Tokenizer)
		return tokenizerSeam{runtimeSeam{t.rt}, t}
	}
	seam.ReadTokenized = func(r *wire.Reply) (any, error) { return readTokenized(r) }
	seam.EncodeHeader = func(opts any) wire.Header {
		h := wire.Header{Arg: wire.NoArg}
		applyOptions(&h, opts.([]EncodeOption))
		return h
	}
	seam.ReadRaised = func(op string, body []byte) error {
		return replyError(op, &wire.Reply{Status: wire.StatusError, Body: body})
	}
	seam.TellWarnings = func(ctx context.Context, warnings any) { notifyWarnings(ctx, warnings.([]Warning)) }
}

type runtimeSeam struct{ rt *Runtime }

func (s runtimeSeam) Do(ctx context.Context, j seam.Job) error {
	_, err := do(ctx, s.rt, jobCall(j))
	return err
}

func (s runtimeSeam) Start(ctx context.Context, j seam.Job) *async.Future[struct{}] {
	return start(ctx, s.rt, jobCall(j))
}

func jobCall(j seam.Job) call[struct{}] {
	c := call[struct{}]{
		op: j.Op, frame: j.Frame, err: j.Err, skip: j.Skip, media: j.Media,
		read: func(r *wire.Reply) (struct{}, error) { return struct{}{}, j.Read(r) },
	}
	if j.Warned != nil {
		c.warned = func(all []Warning) {
			for _, w := range all {
				j.Warned(w.Module, w.Category, w.Message)
			}
		}
	}
	return c
}

func (s runtimeSeam) Load(ctx context.Context, op string, code wire.Op, source any, read seam.Opened) error {
	_, err := doLoad(ctx, s.rt, s.rt.loadOtherCall(op, code, source.(Source), read))
	return err
}

func (s runtimeSeam) StartLoad(ctx context.Context, op string, code wire.Op, source any, read seam.Opened) *async.Future[struct{}] {
	return startLoad(ctx, s.rt, s.rt.loadOtherCall(op, code, source.(Source), read))
}

func (rt *Runtime) loadOtherCall(op string, code wire.Op, src Source, read seam.Opened) call[struct{}] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	if src.key == "" {
		e.Err = emptySource(op)
	}
	e.OptString(src.key, &src.value)
	rt.sayOffline(e)
	e.Close('}')
	inner := rt.loading(op, code, e, src)
	return call[struct{}]{
		op: inner.op, err: inner.err, frame: inner.frame,
		read: func(r *wire.Reply) (struct{}, error) {
			t, err := inner.read(r)
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, read(t, t.descJSON)
		},
	}
}

type tokenizerSeam struct {
	runtimeSeam
	t *Tokenizer
}

func (s tokenizerSeam) Header(op wire.Op, flags uint32) wire.Header { return s.t.header(op, flags) }

func (s tokenizerSeam) Check(err error) error { return s.t.check(err) }

func (s tokenizerSeam) Name() string { return s.t.src.value }
