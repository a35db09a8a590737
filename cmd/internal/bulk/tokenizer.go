package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Identify says which tokenizer it is, by what it does. source is as it was named; its file is
// hashed too where it is one.
func Identify(ctx context.Context, tok *bridge.Tokenizer, source string) (plan.Tokenizer, error) {
	d := tok.Describe()
	t := plan.Tokenizer{Source: source, Class: d.Raw, Version: d.Version, Words: d.Words}
	pieces, err := tok.Vocab(ctx)
	if err != nil {
		return t, err
	}
	sum := sha256.New()
	for _, p := range pieces {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(p)))
		sum.Write(length[:])
		sum.Write(p)
	}
	t.Vocabulary = hex.EncodeToString(sum.Sum(nil))
	if info, err := os.Stat(source); err == nil && info.Mode().IsRegular() {
		sum, err := store.FileSum(source)
		if err != nil {
			return t, err
		}
		t.FileSHA256 = sum.SHA256
	}
	ids, err := tok.EncodeText(ctx, "", true, true)
	if err != nil {
		return t, err
	}
	if len(ids) != 2 {
		return t, fmt.Errorf("%s encodes no text at all, with begin and end, as %d ids, where 2 were expected", source, len(ids))
	}
	t.BOS, t.EOS = ids[0], ids[1]
	return t, nil
}

// MadeBy are the versions of what may decide about a token.
func MadeBy(program string, info bridge.Info) map[string]string {
	made := map[string]string{"mtok": program, "python": info.Python}
	for _, name := range []string{"mistral-common", "tiktoken", "sentencepiece"} {
		made[name] = info.Packages[name]
	}
	return made
}

// EncodePlainly is EncodeWith for verify: the ids of chats are those of a call in which nothing is
// noted for loss masks.
func EncodePlainly(tok *bridge.Tokenizer, o plan.Options) Encode {
	encode := EncodeWith(tok, o)
	if !o.Type.IsChat() {
		return encode
	}
	return func(ctx context.Context, chats []string) ([]bridge.Answer[Encoded], error) {
		out, err := encode(ctx, chats)
		if err != nil {
			return nil, err
		}
		plain, err := encodeRequests(ctx, tok, o, chats, bridge.WithPlain(), bridge.WithoutMedia())
		for i, a := range plain {
			if out[i].Err == nil {
				if out[i].Err = a.Err; a.Err == nil {
					out[i].Value.IDs = a.Value.Tokens
				}
			}
		}
		return out, err
	}
}

// EncodeWith encodes with a tokenizer.
func EncodeWith(tok *bridge.Tokenizer, o plan.Options) Encode {
	if o.Type.IsChat() {
		return func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
			return encodeChats(ctx, tok, o, texts)
		}
	}
	return func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		found, err := tok.EncodeTexts(ctx, texts, o.BOS, o.EOS)
		if err != nil {
			return nil, err
		}
		out := make([]bridge.Answer[Encoded], len(found))
		for i, a := range found {
			out[i] = bridge.Answer[Encoded]{Value: Encoded{IDs: a.Value}, Err: a.Err}
		}
		return out, nil
	}
}
