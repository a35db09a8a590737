package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// LoadOption configures Load.
type LoadOption func(*loadRequest)

type loadRequest struct {
	src  Source
	mode Mode
	hub  *Hub
}

// WithMode sets the validation mode; Test without it, as in mistral_common.
func WithMode(m Mode) LoadOption { return func(r *loadRequest) { r.mode = m } }

// Load loads a tokenizer. Two of the same file and mode share one Python object. Equals
// MistralTokenizer.v3(), .from_file(…) and so on.
//
// # Errors
//
//   - *PyError with the reference's own text: a file that is missing or corrupt
//   - *UnknownTokenizerError: no tokenizer of that name or model is shipped, and WithHub was not given
//   - *DownloadError, *OfflineError: the hub did not give it, or may not be asked
//   - ErrOverloaded, ErrClosed, *WorkerError: as of every call
//   - the error of ctx. A tokenizer that comes all the same is given back
//
// # Concurrency
//
// A load takes its turn among the calls, and holds up those behind it while the file is read:
// load before serving. With WithWorkers each worker has the tokenizer after one load, and calls
// go on meanwhile. The Tokenizer may be used from any number of goroutines.
func (rt *Runtime) Load(ctx context.Context, src Source, opts ...LoadOption) (*Tokenizer, error) {
	return doLoad(ctx, rt, rt.loadCall(src, opts))
}

// LoadAsync is Load as a future. A tokenizer that nobody takes out of the
// future stays loaded until the Runtime is closed.
func (rt *Runtime) LoadAsync(ctx context.Context, src Source, opts ...LoadOption) *async.Future[*Tokenizer] {
	return startLoad(ctx, rt, rt.loadCall(src, opts))
}

// LoadRaw loads a bare tokenizer without the chat layer: Tekkenizer.from_file or
// SentencePieceTokenizer. It encodes text and decodes; chats it refuses.
func (rt *Runtime) LoadRaw(ctx context.Context, path string) (*Tokenizer, error) {
	return doLoad(ctx, rt, rt.loadRawCall(path))
}

// LoadRawAsync is LoadRaw as a future.
func (rt *Runtime) LoadRawAsync(ctx context.Context, path string) *async.Future[*Tokenizer] {
	return startLoad(ctx, rt, rt.loadRawCall(path))
}

func (rt *Runtime) loadCall(src Source, opts []LoadOption) call[*Tokenizer] {
	r := loadRequest{src: src, mode: Test}
	for _, o := range opts {
		if o != nil {
			o(&r)
		}
	}
	e := &jsonenc.Encoder{}
	e.Open('{')
	if src.key == "" {
		e.Err = emptySource("load")
	}
	e.OptString(src.key, &src.value)
	mode := string(r.mode)
	e.OptString("mode", &mode)
	if r.hub != nil {
		e.Key("hub")
		r.hub.encode(e)
	}
	rt.sayOffline(e)
	e.Close('}')
	return rt.loading("load", wire.OpLoad, e, src)
}

// sayOffline lets Python know where it does not by itself: another Runtime has started it.
func (rt *Runtime) sayOffline(e *jsonenc.Encoder) {
	if rt.offline {
		e.OptBool("offline", &rt.offline)
	}
}

func emptySource(op string) error {
	return &mistral.InputError{Place: "source", Offset: -1, Err: fmt.Errorf("%s: empty Source; use Shipped, File, ModelDir or Model", op)}
}

func (rt *Runtime) loadRawCall(path string) call[*Tokenizer] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("path", &path)
	e.Close('}')
	if path == "" {
		e.Err = &mistral.InputError{Place: "path", Offset: -1, Err: errors.New("load_raw: no file is named")}
	}
	return rt.loading("load_raw", wire.OpLoadRaw, e, File(path))
}

func (rt *Runtime) loading(op string, code wire.Op, e *jsonenc.Encoder, src Source) call[*Tokenizer] {
	return call[*Tokenizer]{
		op: op, err: e.Err, frame: wire.Frame(wire.Header{Op: code, Arg: wire.NoArg}, e.Buf),
		read: func(r *wire.Reply) (*Tokenizer, error) {
			var got struct {
				Handle uint32          `json:"h"`
				Desc   json.RawMessage `json:"desc"`
			}
			if err := json.Unmarshal(r.Body, &got); err != nil {
				return nil, err
			}
			t := &Tokenizer{rt: rt, id: got.Handle, src: src, descJSON: got.Desc}
			return t, json.Unmarshal(got.Desc, &t.desc)
		},
	}
}
