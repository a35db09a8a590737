package rpc_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// written has characters of more than one token, and special tokens between them.
func written(t *testing.T, name string) []int32 {
	t.Helper()
	tok := model(t, name).Tokenizer()
	text, err := tok.EncodeText(t.Context(), " Héllo ▁ 日本 𒀀𒀀 👩‍👩‍👧 ", true, true)
	require.NoError(t, err)
	marker, err := tok.GetSpecialToken(t.Context(), "[TOOL_CALLS]")
	require.NoError(t, err)
	ids := append(append([]int32{}, text...), marker)
	return append(ids, text[:len(text)-4]...) // ends within a character, in one of the tokenizers at least
}

// pieced sends the ids in pieces of that size, each when the one before it has been
// answered, and returns the texts, the last one's among them, and the events.
func pieced(t *testing.T, c v1.TokenizerServiceClient, first *v1.DetokenizeStreamRequest, ids []int32, size int) (texts []string, events []*v1.DetokenizeEvent) {
	t.Helper()
	stream, err := c.DetokenizeStream(t.Context())
	require.NoError(t, err)
	take := func() {
		got, err := stream.Recv()
		require.NoError(t, err)
		texts, events = append(texts, got.GetText()), append(events, got.GetEvents()...)
	}
	for r := first; len(ids) > 0; r = (&v1.DetokenizeStreamRequest{}) {
		r.Tokens = ids[:min(size, len(ids))]
		ids = ids[len(r.GetTokens()):]
		require.NoError(t, stream.Send(r))
		take()
	}
	require.NoError(t, stream.CloseSend())
	take()
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	return texts, events
}

// However the ids are cut, the texts are what the bridge makes of all of them, no text ends
// within a character, and the events are those of the bridge.
func TestDetokenizeStream_sameAsDecode(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{}))
			for _, name := range []string{"tekken", "spm"} {
				ids := written(t, name)
				for policy, p := range map[v1.SpecialTokenPolicy]bridge.Policy{0: bridge.Ignore, 2: bridge.Keep} {
					want, err := model(t, name).Tokenizer().Decode(t.Context(), ids, p)
					require.NoError(t, err)
					for size := 1; size <= len(ids); size++ {
						first := &v1.DetokenizeStreamRequest{Model: name, SpecialTokenPolicy: policy}
						texts, events := pieced(t, c, first, ids, size)
						require.Equal(t, want, strings.Join(texts, ""), "%s %v in pieces of %d", name, policy, size)
						require.Empty(t, events)
						for _, text := range texts {
							require.True(t, utf8.ValidString(text), "%q", text)
						}
					}
					d, err := model(t, name).Tokenizer().NewDetokenizer(t.Context(), p)
					require.NoError(t, err)
					var told []bridge.Event
					for _, id := range ids {
						more, err := d.Events(id)
						require.NoError(t, err)
						told = append(told, more...)
					}
					if rest := d.Flush(); rest != "" {
						told = append(told, bridge.Event{Kind: bridge.EventText, ID: -1, Text: rest})
					}
					texts, events := pieced(t, c, &v1.DetokenizeStreamRequest{Model: name, SpecialTokenPolicy: policy, WithEvents: true}, ids, 1)
					require.Equal(t, want, strings.Join(texts, ""))
					require.Len(t, events, len(told))
					for i, e := range events {
						kind := strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "DETOKENIZE_EVENT_KIND_"))
						kind = strings.Replace(kind, "tool_args", "args", 1)
						require.Equal(t, told[i].Kind.String(), kind)
						require.Equal(t, told[i], bridge.Event{Kind: told[i].Kind, ID: e.GetId(), Name: e.GetName(), Text: e.GetText()})
					}
				}
			}
		})
	}
}

// What is wrong ends the stream, and is named with its place; the texts before it have come.
func TestDetokenizeStream_errors(t *testing.T) {
	c := typed(t)
	long := make([]int32, 16<<10+1)
	for name, r := range map[string]struct {
		requests     []*v1.DetokenizeStreamRequest
		code         codes.Code
		reason, text string
		metadata     map[string]string
	}{
		"an id": {
			[]*v1.DetokenizeStreamRequest{{Tokens: helloTokens}, {Tokens: []int32{5, 131072}}}, codes.InvalidArgument, "REFERENCE_REJECTED",
			"tokens[1] is 131072", map[string]string{"field": "tokens.1", "request": "1"},
		},
		"a negative id": {
			[]*v1.DetokenizeStreamRequest{{Model: "spm", Tokens: []int32{5, 6, -1}}}, codes.InvalidArgument, "REFERENCE_REJECTED",
			"tokens[2] is -1", map[string]string{"field": "tokens.2", "request": "0"},
		},
		"a special token": {
			[]*v1.DetokenizeStreamRequest{{SpecialTokenPolicy: v1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_RAISE, Tokens: helloTokens[2:4]}, {Tokens: []int32{3}}},
			codes.InvalidArgument, "REFERENCE_REJECTED", "tokens[0] is 3, the special token [INST]", map[string]string{"field": "tokens.0", "request": "1"},
		},
		"a policy":       {[]*v1.DetokenizeStreamRequest{{SpecialTokenPolicy: 9}}, codes.InvalidArgument, "INVALID_REQUEST", "no such special_token_policy", nil},
		"a model":        {[]*v1.DetokenizeStreamRequest{{Model: "gone"}}, codes.NotFound, "MODEL_NOT_FOUND", "`gone`", nil},
		"another policy": {[]*v1.DetokenizeStreamRequest{{}, {SpecialTokenPolicy: 1}}, codes.InvalidArgument, "INVALID_REQUEST", "first request", map[string]string{"request": "1"}},
		"too many":       {[]*v1.DetokenizeStreamRequest{{Tokens: long}}, codes.InvalidArgument, "INVALID_REQUEST", "at most 16384 tokens", map[string]string{"request": "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			stream, err := c.DetokenizeStream(t.Context())
			require.NoError(t, err)
			for i, request := range r.requests {
				require.NoError(t, stream.Send(request))
				_, err = stream.Recv()
				require.Equal(t, i == len(r.requests)-1, err != nil, "%v", err)
			}
			s, info := failed(t, err, r.code, r.reason)
			assert.Contains(t, s.Message(), r.text)
			for k, v := range r.metadata {
				assert.Equal(t, v, info.GetMetadata()[k], k)
			}
		})
	}
	texts, _ := pieced(t, c, &v1.DetokenizeStreamRequest{}, nil, 1)
	assert.Equal(t, []string{""}, texts, "a stream without ids")
	texts, _ = pieced(t, c, &v1.DetokenizeStreamRequest{}, long[:len(long)-1], len(long))
	assert.Equal(t, []string{"", ""}, texts)
}

// A client that goes away leaves nothing behind: TestMain looks for goroutines.
func TestDetokenizeStream_clientGone(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			log := &lines{}
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{Log: log.logger()}))
			ctx, cancel := context.WithCancel(t.Context())
			stream, err := c.DetokenizeStream(ctx)
			require.NoError(t, err)
			require.NoError(t, stream.Send(&v1.DetokenizeStreamRequest{Tokens: helloTokens}))
			got, err := stream.Recv()
			require.NoError(t, err)
			require.Equal(t, "Hello, world!", got.GetText())
			cancel()
			log.contains(t, `"code":"Canceled"`)
			texts, _ := pieced(t, c, &v1.DetokenizeStreamRequest{}, helloTokens, 1)
			require.Equal(t, "Hello, world!", strings.Join(texts, ""), "the next one")
		})
	}
}

// Many large pieces arrive whole through small windows, sent without a look at the answers.
func TestDetokenizeStream_large(t *testing.T) {
	c := v1.NewTokenizerServiceClient(dial(t, ways[2], shared, rpc.Options{}, grpc.WithStaticStreamWindowSize(64<<10), grpc.WithStaticConnWindowSize(64<<10)))
	stream, err := c.DetokenizeStream(t.Context())
	require.NoError(t, err)
	const n = 300
	ids := make([]int32, 8<<10)
	for i := range ids {
		ids[i] = helloTokens[2]
	}
	sent := make(chan error, 1)
	go func() {
		for range n {
			if err := stream.Send(&v1.DetokenizeStreamRequest{Tokens: ids}); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for range n {
		got, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("Hello", len(ids)), got.GetText())
	}
	_, err = stream.Recv()
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, <-sent)
}
