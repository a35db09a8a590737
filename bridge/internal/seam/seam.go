// Package seam is how the packages beside bridge make calls on its Runtimes and Tokenizers,
// whose insides only bridge has. Each of the functions below is set once, by the
// package that has the type, when the program starts.
package seam

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

var (
	// OfRuntime is what a *bridge.Runtime can do.
	OfRuntime func(rt any) Runtime
	// OfTokenizer is what a *bridge.Tokenizer can do.
	OfTokenizer func(tok any) Tokenizer
	// ReadTokenized is the *bridge.Tokenized of a reply.
	ReadTokenized func(r *wire.Reply) (any, error)
	// EncodeHeader is what []bridge.EncodeOption say: flags, and Arg.
	EncodeHeader func(opts any) wire.Header
	// ReadRaised is the *bridge.PyError of an operation whose JSON is that.
	ReadRaised func(op string, body []byte) error
	// TellWarnings calls the function of bridge.NotifyWarnings with []bridge.Warning.
	TellWarnings func(ctx context.Context, warnings any)
	// OfVLLM is what the tokenizer behind a *vllm.Tokenizer can do.
	OfVLLM func(tok any) Tokenizer
)

// Caller makes calls. What Python raises is a *bridge.PyError, as from bridge's own calls.
type Caller interface {
	Do(ctx context.Context, j Job) error
	Start(ctx context.Context, j Job) *async.Future[struct{}]
}

// Runtime is a *bridge.Runtime.
type Runtime interface {
	Caller
	// Load opens the source, a bridge.Source, with the operation code, and hands read the
	// *bridge.Tokenizer and what Python said of it.
	Load(ctx context.Context, op string, code wire.Op, source any, read Opened) error
	StartLoad(ctx context.Context, op string, code wire.Op, source any, read Opened) *async.Future[struct{}]
}

// Opened takes a *bridge.Tokenizer and its description.
type Opened func(tok any, description json.RawMessage) error

// Tokenizer is a *bridge.Tokenizer.
type Tokenizer interface {
	Caller
	Header(op wire.Op, flags uint32) wire.Header
	// Check is err, or bridge.ErrClosed if the tokenizer is closed.
	Check(err error) error
	// Name is the value of the Source: a name, a path, a model's id.
	Name() string
}

// Job is one call, a sealed frame. One that could not be written has the error instead.
type Job struct {
	Op     string
	Frame  []byte
	Err    error
	Skip   int  // bytes of the body before that request
	Media  bool // the request may name images or audio, whatever the operation says
	Read   func(*wire.Reply) error
	Warned func(module, category, message string) // nil: nobody asks
}

// Call is a Job with a result.
type Call[T any] struct {
	Job

	Read func(*wire.Reply) (T, error)
}

// Do makes the call and waits for it.
func Do[T any](ctx context.Context, c Caller, call Call[T]) (T, error) {
	var v, zero T
	call.Job.Read = func(r *wire.Reply) (err error) { v, err = call.Read(r); return err }
	if err := c.Do(ctx, call.Job); err != nil {
		return zero, err
	}
	return v, nil
}

// Start makes the call and returns its future.
func Start[T any](ctx context.Context, c Caller, call Call[T]) *async.Future[T] {
	var v T
	call.Job.Read = func(r *wire.Reply) (err error) { v, err = call.Read(r); return err }
	return then(c.Start(ctx, call.Job), &v)
}

// then is the future of *v, which is there when f is done.
func then[T any](f *async.Future[struct{}], v *T) *async.Future[T] {
	return async.Lazy(f, func() (T, error) {
		if _, err := f.Result(); err != nil {
			var zero T
			return zero, err
		}
		return *v, nil
	})
}

// Load opens a source; read makes the result of the *bridge.Tokenizer.
func Load[T any](ctx context.Context, rt Runtime, op string, code wire.Op, source any, read func(tok any, description json.RawMessage) (T, error)) (T, error) {
	var v, zero T
	err := rt.Load(ctx, op, code, source, func(tok any, description json.RawMessage) (err error) {
		v, err = read(tok, description)
		return err
	})
	if err != nil {
		return zero, err
	}
	return v, nil
}

// StartLoad is Load as a future.
func StartLoad[T any](ctx context.Context, rt Runtime, op string, code wire.Op, source any, read func(tok any, description json.RawMessage) (T, error)) *async.Future[T] {
	var v T
	return then(rt.StartLoad(ctx, op, code, source, func(tok any, description json.RawMessage) (err error) {
		v, err = read(tok, description)
		return err
	}), &v)
}

// Method is a call of a method by its Python name, with arguments as JSON.
func Method(t Tokenizer, op wire.Op, method string, args, kwargs json.RawMessage) Call[json.RawMessage] {
	frame, err := MethodFrame(t.Header(op, 0), method, args, kwargs)
	return Call[json.RawMessage]{Job: Job{Op: method, Frame: frame, Err: t.Check(err)}, Read: readJSON}
}

// MethodFrame is the frame of such a call.
func MethodFrame(h wire.Header, method string, args, kwargs json.RawMessage) ([]byte, error) {
	e := &jsonenc.Encoder{Buf: wire.NewFrame(h, 64+len(args)+len(kwargs))}
	e.Open('{')
	e.OptString("m", &method)
	e.OptRaw("a", args, "args")
	e.OptRaw("k", kwargs, "kwargs")
	e.Close('}')
	return wire.Seal(e.Buf), e.Err
}

// Part is a call of a method by its Python name, with all its arguments in one part of JSON: key
// is its member in the body, what is how an error names it.
func Part(t Tokenizer, op wire.Op, method, key, what string, args json.RawMessage) Call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("m", &method)
	e.OptRaw(key, args, what)
	e.Close('}')
	frame := wire.Frame(t.Header(op, 0), e.Buf)
	return Call[json.RawMessage]{Job: Job{Op: method, Frame: frame, Err: t.Check(e.Err)}, Read: readJSON}
}

func readJSON(r *wire.Reply) (json.RawMessage, error) { return r.Body, nil }
