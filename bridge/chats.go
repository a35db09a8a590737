package bridge

import (
	"context"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeChats encodes many chats: answer i is what EncodeChat gives of reqs[i], a Tokenized or
// an error, and none changes another's. What EncodeTexts says of errors, of parts and of the
// memory that ids share holds here too. A request that names something to fetch, with
// WithFetcher, goes by itself. Equals MistralTokenizer.encode_chat_completion of each.
func (t *Tokenizer) EncodeChats(ctx context.Context, reqs []*mistral.ChatCompletionRequest, opts ...EncodeOption) ([]Answer[*Tokenized], error) {
	return doMany(ctx, t.rt, t.chatsCall(reqs, opts))
}

// EncodeChatsAsync is EncodeChats as a future; reqs must not be changed before it is done.
func (t *Tokenizer) EncodeChatsAsync(ctx context.Context, reqs []*mistral.ChatCompletionRequest, opts ...EncodeOption) *async.Future[[]Answer[*Tokenized]] {
	return startMany(ctx, t.rt, t.chatsCall(reqs, opts))
}

// EncodeChatsJSON is EncodeChats for the JSON of requests, byte for byte as the reference would
// be given it; see EncodeChatJSON.
func (t *Tokenizer) EncodeChatsJSON(ctx context.Context, requests [][]byte, opts ...EncodeOption) ([]Answer[*Tokenized], error) {
	return doMany(ctx, t.rt, t.chatsJSONCall(requests, opts))
}

// EncodeChatsJSONAsync is EncodeChatsJSON as a future; requests must not be changed before it is done.
func (t *Tokenizer) EncodeChatsJSONAsync(ctx context.Context, requests [][]byte, opts ...EncodeOption) *async.Future[[]Answer[*Tokenized]] {
	return startMany(ctx, t.rt, t.chatsJSONCall(requests, opts))
}

// CountChats is the numbers of tokens of EncodeChats, without bringing them over.
func (t *Tokenizer) CountChats(ctx context.Context, reqs []*mistral.ChatCompletionRequest, opts ...EncodeOption) ([]Answer[int], error) {
	return doMany(ctx, t.rt, t.countChatsCall(reqs, opts))
}

// CountChatsAsync is CountChats as a future; reqs must not be changed before it is done.
func (t *Tokenizer) CountChatsAsync(ctx context.Context, reqs []*mistral.ChatCompletionRequest, opts ...EncodeOption) *async.Future[[]Answer[int]] {
	return startMany(ctx, t.rt, t.countChatsCall(reqs, opts))
}

func (t *Tokenizer) chatsCall(reqs []*mistral.ChatCompletionRequest, opts []EncodeOption) many[*Tokenized] {
	m := t.tokenizedCalls(len(reqs), opts)
	m.body = chatBody(reqs)
	m.alone = func(i int) call[*Tokenized] { return t.chatCall(reqs[i], opts) }
	return m
}

func (t *Tokenizer) chatsJSONCall(requests [][]byte, opts []EncodeOption) many[*Tokenized] {
	m := t.tokenizedCalls(len(requests), opts)
	m.body = func(dst []byte, i int) ([]byte, error) {
		if !utf8.Valid(requests[i]) {
			return dst, notUTF8("", requests[i])
		}
		return append(dst, requests[i]...), nil
	}
	m.alone = func(i int) call[*Tokenized] { return t.chatJSONCall(requests[i], opts) }
	return m
}

func (t *Tokenizer) tokenizedCalls(n int, opts []EncodeOption) many[*Tokenized] {
	return many[*Tokenized]{
		media:  true,
		one:    call[*Tokenized]{op: "encode_chat_completion", err: t.check(nil), read: readTokenized},
		header: t.encodeHeader(wire.OpEncodeChats, opts, 0), n: n, extra: chatExtra,
		value: func(ids []int32, _ int32) *Tokenized { return &Tokenized{Tokens: ids} },
	}
}

func (t *Tokenizer) countChatsCall(reqs []*mistral.ChatCompletionRequest, opts []EncodeOption) many[int] {
	return many[int]{
		media:  true,
		one:    call[int]{op: "count", err: t.check(nil), read: readCount},
		header: t.encodeHeader(wire.OpEncodeChats, opts, wire.FlagCount), n: len(reqs), extra: chatExtra,
		body:  chatBody(reqs),
		alone: func(i int) call[int] { return countedChat(t.chatFrame(reqs[i], opts, wire.FlagCount)) },
		value: func(_ []int32, n int32) int { return int(n) },
	}
}

func chatBody(reqs []*mistral.ChatCompletionRequest) func([]byte, int) ([]byte, error) {
	return func(dst []byte, i int) ([]byte, error) {
		if reqs[i] == nil {
			return dst, errNilRequest
		}
		return reqs[i].AppendJSON(dst)
	}
}
