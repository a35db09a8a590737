package client_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// example is a case of testdata/golden.
type example struct {
	Name, Op string
	Request  json.RawMessage
	Input    string // text
	BOS, EOS bool
	IDs      json.RawMessage // decode
}

func examples(t *testing.T, file string) []example {
	t.Helper()
	text, err := os.ReadFile("../../testdata/golden/" + file)
	require.NoError(t, err)
	var all struct{ Cases []example }
	require.NoError(t, json.Unmarshal(text, &all))
	require.NotEmpty(t, all.Cases)
	return all.Cases
}

// What the reference was asked for the golden files is asked of a real server and here: requests
// of all kinds, good and bad, with everything that an answer may have.
func TestClient_golden(t *testing.T) {
	for name, files := range map[string][]string{
		tekken:    {"v3-tekken.json", "families/v3-tekken.json"},
		multi:     {"families/v3-tekken-mm.json"},
		synthetic: {"families/synthetic-v13.json"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, name)
			for _, file := range files {
				for _, c := range examples(t, file) {
					p.example(t, c)
				}
			}
			assert.Greater(t, p.failed, 10, "calls that fail")
		})
	}
}

func (p *pair) example(t *testing.T, c example) {
	all := []bridge.EncodeOption{bridge.WithText()}
	switch c.Op {
	case "text":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeText(ctx, c.Input, c.BOS, c.EOS) })
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.CountText(ctx, c.Input, c.BOS, c.EOS) })
	case "decode":
		var ids []int32
		if json.Unmarshal(c.IDs, &ids) != nil {
			return // no ids of Go's
		}
		for _, policy := range []bridge.Policy{bridge.Ignore, bridge.Keep, bridge.Raise} {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.Decode(ctx, ids, policy) })
		}
	case "chat":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeChatJSON(ctx, c.Request, all...) })
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.CountJSON(ctx, c.Request) })
		if req, err := mistral.ParseChatCompletionRequest(c.Request); err == nil {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) {
				return e.EncodeChat(ctx, req, bridge.WithSpans(), bridge.WithoutMedia())
			})
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.Count(ctx, req, bridge.WithPlain()) })
		}
	case "instruct":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeInstructJSON(ctx, c.Request, all...) })
		if req, err := mistral.ParseInstructRequest(c.Request); err == nil {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) {
				return e.EncodeInstruct(ctx, req, bridge.WithSpans())
			})
		}
	case "fim":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeFIMJSON(ctx, c.Request, all...) })
		if req, err := mistral.ParseFIMRequest(c.Request); err == nil {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeFIM(ctx, req) })
		}
	case "transcription":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) {
			return e.EncodeTranscriptionJSON(ctx, c.Request, all...)
		})
		if req, err := mistral.ParseTranscriptionRequest(c.Request); err == nil {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeTranscription(ctx, req) })
		}
	case "speech":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) {
			return e.EncodeSpeechRequestJSON(ctx, c.Request, all...)
		})
		if req, err := mistral.ParseSpeechRequest(c.Request); err == nil {
			p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeSpeechRequest(ctx, req) })
		}
	case "openai":
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.EncodeOpenAI(ctx, c.Request, all...) })
		p.same(t, c.Name, func(ctx context.Context, e either) (any, error) { return e.CountOpenAI(ctx, c.Request) })
	case "fit": // not offered
	default:
		require.Fail(t, "no such op", c.Op)
	}
}
