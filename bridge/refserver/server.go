package refserver

import (
	"cmp"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// Server answers HTTP requests as the reference's servers do, with one tokenizer. Its methods
// may be called from any number of goroutines. It has nothing to close but the tokenizer.
type Server struct {
	calls    seam.Tokenizer
	settings []byte // the Options as Python reads them: the same bytes in every request, which it reads once
	frames   frames
}

// Options are what a Server answers with. The zero value serves a model of the length
// DefaultMaxModelLen that has the name of the tokenizer's source.
type Options struct {
	// Models are names of the model; the first is the default, any other "model" is not
	// found. None: the value of the tokenizer's Source, such as "v3-tekken".
	Models      []string
	MaxModelLen int // tokens; 0: DefaultMaxModelLen
}

// DefaultMaxModelLen is a model's length where nothing says another, in tokens.
const DefaultMaxModelLen = 32768

// ErrOptions is of Options, or of a length in a Request, that no model can have. It is the
// server's mistake, and nothing was called.
var ErrOptions = errors.New("refserver: Options")

// New is a Server with mistral_common's tokenizer. The routes of vLLM answer as vLLM's server
// does, without vLLM. Errors: ErrOptions.
func New(tok *bridge.Tokenizer, o Options) (*Server, error) { return of(seam.OfTokenizer(tok), o) }

// NewVLLM is a Server with vLLM's own classes and functions behind the routes of vLLM. Those of
// mistral_common answer as New's do. Errors: ErrOptions.
func NewVLLM(tok *vllm.Tokenizer, o Options) (*Server, error) { return of(seam.OfVLLM(tok), o) }

func of(calls seam.Tokenizer, o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(o.Models) == 0 {
		o.Models = []string{calls.Name()}
	}
	e := &jsonenc.Encoder{}
	o.encode(e)
	return &Server{calls: calls, settings: e.Buf}, e.Err
}

// check names what is wrong.
func (o *Options) check() error {
	if o.MaxModelLen < 0 {
		return fmt.Errorf("%w: MaxModelLen is %d", ErrOptions, o.MaxModelLen)
	}
	for i, name := range o.Models {
		if name == "" {
			return fmt.Errorf("%w: Models[%d] is empty", ErrOptions, i)
		}
		if !utf8.ValidString(name) {
			return fmt.Errorf("%w: Models[%d] is not UTF-8", ErrOptions, i)
		}
	}
	return nil
}

func (o *Options) encode(e *jsonenc.Encoder) {
	e.Open('{')
	e.Key("models")
	e.Open('[')
	for _, name := range o.Models {
		e.Str(name, "model")
	}
	e.Close(']')
	e.Key("max_model_len")
	e.Integer(int64(cmp.Or(o.MaxModelLen, DefaultMaxModelLen)))
	e.Close('}')
}
