package bridge

import (
	"context"
	"math"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeOption configures the encoding of a request.
type EncodeOption struct{ apply func(*wire.Header) }

// WithText asks for the debug text too, Tokenized.text in the reference. It
// costs the reference's full time: without it, the text is not made.
func WithText() EncodeOption { return flagOption(wire.FlagText) }

// WithPlain turns every shortcut off: the reference's call as it is.
func WithPlain() EncodeOption { return flagOption(wire.FlagPlain) }

// WithoutMedia leaves images and audios out of the result; their tokens stay.
func WithoutMedia() EncodeOption { return flagOption(wire.FlagNoMedia) }

// WithSpans says of each token whose it is: see [Span]. For chats and instruct requests;
// Tokenized.Spans of other requests is nil. It takes the reference's way without the debug
// text, and no other shortcut.
func WithSpans() EncodeOption { return flagOption(wire.FlagSpans) }

// WithMaxModelInputLen is max_model_input_len: what a request with
// TruncateForContextLength is cut to, in tokens, by leaving out the oldest turns; one that
// does not fit even so is a *TokenizerException. Negative is none. Tokenizers of the versions
// v1 to v3 cut nothing, and say nothing of it: that is the reference's doing.
func WithMaxModelInputLen(n int) EncodeOption {
	return EncodeOption{func(h *wire.Header) { h.Arg = int32(max(-1, min(n, math.MaxInt32))) }}
}

func flagOption(flag uint32) EncodeOption {
	return EncodeOption{func(h *wire.Header) { h.Flags |= flag }}
}

// EncodeChat encodes a chat. Equals MistralTokenizer.encode_chat_completion.
//
// # Errors
//
//   - *PyError: the reference rejected the request, or failed; errors.Is(err, ErrInvalidRequest)
//     reports which, and errors.As finds its class, such as *InvalidMessageStructureException
//   - *mistral.InputError, an ErrInvalidRequest too: a part of it cannot be sent; nothing was called
//   - *MediaDeniedError, *MediaTooLargeError, *FetchError: an image or an audio in it
//   - ErrTooLarge: it is above WithMaxInput
//   - ErrOverloaded: the queue is full; ErrClosed: the Tokenizer or the Runtime is closed
//   - *WorkerError: with WithWorkers, the process that ran it ended, or WithTimeLimit was over
//   - the error of ctx
//
// HTTPStatus, Retryable, Timeout and ReasonOf sort them.
//
// # Concurrency
//
// Any number of goroutines may call it; req is read before EncodeChat waits, and not kept. A call
// whose ctx ends before its turn never runs; one whose ctx ends while it runs returns at once,
// and Python finishes for nobody, or with WithWorkers is ended.
func (t *Tokenizer) EncodeChat(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.chatCall(req, opts))
}

// EncodeChatAsync is EncodeChat as a future; ctx governs the call itself.
func (t *Tokenizer) EncodeChatAsync(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.chatCall(req, opts))
}

// EncodeChatJSON encodes a chat given as the JSON of a ChatCompletionRequest,
// byte for byte as the reference would be given it.
func (t *Tokenizer) EncodeChatJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.chatJSONCall(request, opts))
}

// EncodeChatJSONAsync is EncodeChatJSON as a future.
func (t *Tokenizer) EncodeChatJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.chatJSONCall(request, opts))
}

// Count is the number of tokens of EncodeChat, without bringing them over.
func (t *Tokenizer) Count(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) (int, error) {
	return do(ctx, t.rt, countedChat(t.chatFrame(req, opts, wire.FlagCount)))
}

// CountAsync is Count as a future.
func (t *Tokenizer) CountAsync(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) *async.Future[int] {
	return start(ctx, t.rt, countedChat(t.chatFrame(req, opts, wire.FlagCount)))
}

// CountJSON is Count for the JSON of a request.
func (t *Tokenizer) CountJSON(ctx context.Context, request []byte, opts ...EncodeOption) (int, error) {
	return do(ctx, t.rt, countedChat(t.chatJSONFrame(request, opts, wire.FlagCount)))
}

// CountJSONAsync is CountJSON as a future.
func (t *Tokenizer) CountJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[int] {
	return start(ctx, t.rt, countedChat(t.chatJSONFrame(request, opts, wire.FlagCount)))
}

func (t *Tokenizer) chatCall(req *mistral.ChatCompletionRequest, opts []EncodeOption) call[*Tokenized] {
	frame, err := t.chatFrame(req, opts, 0)
	return call[*Tokenized]{op: "encode_chat_completion", frame: frame, err: err, read: readTokenized}
}

func (t *Tokenizer) chatJSONCall(request []byte, opts []EncodeOption) call[*Tokenized] {
	frame, err := t.chatJSONFrame(request, opts, 0)
	return call[*Tokenized]{op: "encode_chat_completion", frame: frame, err: err, read: readTokenized}
}

func countedChat(frame []byte, err error) call[int] {
	c := counted(frame, err)
	return c
}

func counted(frame []byte, err error) call[int] {
	return call[int]{op: "count", frame: frame, err: err, read: readCount}
}

func (t *Tokenizer) chatFrame(req *mistral.ChatCompletionRequest, opts []EncodeOption, flags uint32) ([]byte, error) {
	if req == nil {
		return nil, errNilRequest
	}
	frame, err := req.AppendJSON(wire.NewFrame(t.encodeHeader(wire.OpEncodeChat, opts, flags), 0))
	return wire.Seal(frame), t.check(err)
}

func (t *Tokenizer) chatJSONFrame(request []byte, opts []EncodeOption, flags uint32) ([]byte, error) {
	if !utf8.Valid(request) {
		return nil, notUTF8("", request)
	}
	return wire.Frame(t.encodeHeader(wire.OpEncodeChat, opts, flags), request), t.check(nil)
}

func (t *Tokenizer) encodeHeader(op wire.Op, opts []EncodeOption, flags uint32) wire.Header {
	h := t.header(op, flags)
	applyOptions(&h, opts)
	return h
}

func applyOptions(h *wire.Header, opts []EncodeOption) {
	for _, o := range opts {
		if o.apply != nil {
			o.apply(h)
		}
	}
}
