package bridge

import (
	"context"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// EncodeTexts encodes many texts without any chat around them: answer i is what EncodeText
// gives of texts[i], ids or error, and none changes another's. For corpora: a text costs little
// more than the tokenizer's own core, where a call of its own costs tens of microseconds.
//
// The ids of texts that went to Python together, up to 128 KB, are slices of one array, which is
// kept as long as any of them is: clone what is to outlive the others. Appending to one does not
// reach the next. Texts are not remembered, see WithMemo. No texts are no answers.
//
// # Errors
//
//   - in the answers, as *ItemError: what EncodeText returns for that text. Where a text ends its
//     worker, or runs out of time or memory, those beside it are encoded once more by themselves.
//   - of the call, without answers: the error of ctx; ErrClosed; ErrOverloaded where the queue
//     has no room for the first texts
//
// # Concurrency
//
// As EncodeText, but it takes its turn many times: the texts go in parts of up to 128 KB, and
// texts above half of that each by itself. Two parts are under way at a time, with WithWorkers one more
// than there are workers, and calls of others get between. When ctx ends, no further part is
// sent. texts must not be changed before EncodeTexts returns.
func (t *Tokenizer) EncodeTexts(ctx context.Context, texts []string, bos, eos bool) ([]Answer[[]int32], error) {
	return doMany(ctx, t.rt, t.textsCall(texts, bos, eos))
}

// EncodeTextsAsync is EncodeTexts as a future; texts must not be changed before it is done.
func (t *Tokenizer) EncodeTextsAsync(ctx context.Context, texts []string, bos, eos bool) *async.Future[[]Answer[[]int32]] {
	return startMany(ctx, t.rt, t.textsCall(texts, bos, eos))
}

// CountTexts is the numbers of tokens of EncodeTexts, without bringing them over.
func (t *Tokenizer) CountTexts(ctx context.Context, texts []string, bos, eos bool) ([]Answer[int], error) {
	return doMany(ctx, t.rt, t.countTextsCall(texts, bos, eos))
}

// CountTextsAsync is CountTexts as a future; texts must not be changed before it is done.
func (t *Tokenizer) CountTextsAsync(ctx context.Context, texts []string, bos, eos bool) *async.Future[[]Answer[int]] {
	return startMany(ctx, t.rt, t.countTextsCall(texts, bos, eos))
}

func (t *Tokenizer) textsCall(texts []string, bos, eos bool) many[[]int32] {
	return many[[]int32]{
		one:    call[[]int32]{op: "encode", err: t.check(nil), read: readInts},
		header: t.header(wire.OpEncodeTexts, textFlags(bos, eos)), n: len(texts), extra: textExtra,
		body:  textBody(texts),
		alone: func(i int) call[[]int32] { return t.textCall(texts[i], bos, eos) },
		value: func(ids []int32, _ int32) []int32 { return ids },
	}
}

func (t *Tokenizer) countTextsCall(texts []string, bos, eos bool) many[int] {
	return many[int]{
		one:    call[int]{op: "count", err: t.check(nil), read: readCount},
		header: t.header(wire.OpEncodeTexts, textFlags(bos, eos)|wire.FlagCount), n: len(texts), extra: textExtra,
		body:  textBody(texts),
		alone: func(i int) call[int] { return counted(t.textFrame(texts[i], bos, eos, wire.FlagCount)) },
		value: func(_ []int32, n int32) int { return int(n) },
	}
}

func textBody(texts []string) func([]byte, int) ([]byte, error) {
	return func(dst []byte, i int) ([]byte, error) {
		if !utf8.ValidString(texts[i]) {
			return dst, notUTF8("", texts[i])
		}
		return append(dst, texts[i]...), nil
	}
}
