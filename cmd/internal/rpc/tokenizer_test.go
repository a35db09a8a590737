package rpc_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

const hello = `{"messages":[{"role":"user","content":"Hello, world!"}]}`

var helloTokens = []int32{1, 3, 22177, 1044, 4304, 1033, 4}

func chat(m string, text string) *v1.TokenizeChatRequest {
	return &v1.TokenizeChatRequest{Model: m, Request: &v1.TokenizeChatRequest_RequestJson{RequestJson: []byte(text)}}
}

// Every way to the server gives answers, errors with details and streams.
func TestTyped_everyWay(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{}))
			resp, err := c.TokenizeChat(t.Context(), chat("", hello))
			require.NoError(t, err)
			assert.Equal(t, helloTokens, resp.GetTokens())

			_, err = c.TokenizeChat(t.Context(), chat("", `{"messages":[{"role":"assistant","content":"x"},{"role":"assistant","content":"é"}]}`))
			failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")

			stream, err := c.TokenizeStream(t.Context())
			require.NoError(t, err)
			for range 3 {
				require.NoError(t, stream.Send(&v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_TokenizeChat{TokenizeChat: chat("", hello)}}))
			}
			require.NoError(t, stream.CloseSend())
			for i := range 3 {
				got, err := stream.Recv()
				require.NoError(t, err)
				assert.Equal(t, uint64(i), got.GetIndex())
				assert.Equal(t, helloTokens, got.GetTokenizeChat().GetTokens())
			}

			large := strings.Repeat("word ", 1<<20) // 5 MB
			text, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: large, Bos: true})
			require.NoError(t, err)
			want, err := model(t, "tekken").Tokenizer().EncodeText(t.Context(), large, true, false)
			require.NoError(t, err)
			assert.Equal(t, want, text.GetTokens())
		})
	}
}

func TestTokenize(t *testing.T) {
	c := typed(t)
	for _, name := range []string{"tekken", "spm"} {
		for at, ends := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			t.Run(strconv.Itoa(at), func(t *testing.T) {
				for _, text := range texts {
					want, err := model(t, name).Tokenizer().EncodeText(t.Context(), text, ends[0], ends[1])
					require.NoError(t, err)
					pieces, err := model(t, name).Tokenizer().Pieces(t.Context(), want)
					require.NoError(t, err)
					r := &v1.TokenizeRequest{Model: name, Text: text, Bos: ends[0], Eos: ends[1], WithPieces: true}
					got, err := c.Tokenize(t.Context(), r)
					require.NoError(t, err)
					assert.True(t, bytes.Equal(ids(want), ids(got.GetTokens())), "%s %q", name, text)
					require.Len(t, got.GetPieces(), len(pieces))
					for i := range pieces {
						assert.Equal(t, pieces[i], got.GetPieces()[i])
					}
					n, err := c.Count(t.Context(), &v1.CountRequest{Input: &v1.CountRequest_Tokenize{Tokenize: r}})
					require.NoError(t, err)
					assert.Equal(t, int64(len(want)), n.GetCount())
				}
			})
		}
	}
}

// ids makes nil and empty the same.
func ids(list []int32) []byte {
	var out []byte
	for _, id := range list {
		out = append(out, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return out
}

func TestTokenizeChat(t *testing.T) {
	c := typed(t)
	const conversation = `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi ▁ 🌍"},{"role":"assistant","content":"Hel","prefix":true}]}`
	plain := &v1.TokenizeChatRequest_Chat{Chat: &v1.Chat{Messages: []*v1.ChatMessage{
		{Role: v1.Role_ROLE_SYSTEM, Content: "Be brief."}, {Role: v1.Role_ROLE_USER, Content: "Hi ▁ 🌍"},
		{Role: v1.Role_ROLE_ASSISTANT, Content: "Hel", Prefix: true},
	}}}
	for _, name := range []string{"tekken", "spm"} {
		t.Run(name, func(t *testing.T) {
			want, err := model(t, name).Tokenizer().EncodeChatJSON(t.Context(), []byte(conversation), bridge.WithText())
			require.NoError(t, err)
			pieces, err := model(t, name).Tokenizer().Pieces(t.Context(), want.Tokens)
			require.NoError(t, err)
			for _, r := range []*v1.TokenizeChatRequest{
				{Model: name, WithText: true, WithPieces: true, Request: &v1.TokenizeChatRequest_RequestJson{RequestJson: []byte(conversation)}},
				{Model: name, WithText: true, WithPieces: true, Request: plain},
			} {
				got, err := c.TokenizeChat(t.Context(), r)
				require.NoError(t, err)
				assert.Equal(t, want.Tokens, got.GetTokens())
				assert.Equal(t, want.Text, got.GetText())
				assert.Equal(t, pieces, got.GetPieces())
				n, err := c.Count(t.Context(), &v1.CountRequest{Input: &v1.CountRequest_TokenizeChat{TokenizeChat: r}})
				require.NoError(t, err)
				assert.Equal(t, int64(len(want.Tokens)), n.GetCount())
			}
		})
	}
	got, err := c.TokenizeChat(t.Context(), chat("tekken", hello))
	require.NoError(t, err)
	assert.Empty(t, got.GetText())
	assert.Empty(t, got.GetPieces())
}

func TestDetokenize(t *testing.T) {
	c := typed(t)
	for policy, want := range map[v1.SpecialTokenPolicy]string{0: "Hello, world!", 1: "Hello, world!", 2: "<s>[INST]Hello, world![/INST]"} {
		got, err := c.Detokenize(t.Context(), &v1.DetokenizeRequest{Tokens: helloTokens, SpecialTokenPolicy: policy})
		require.NoError(t, err, policy)
		assert.Equal(t, want, got.GetText(), policy)
	}
	_, err := c.Detokenize(t.Context(), &v1.DetokenizeRequest{Tokens: helloTokens, SpecialTokenPolicy: v1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_RAISE})
	_, info := failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.Equal(t, "builtins.ValueError", info.GetMetadata()["python_class"])
	_, err = c.Detokenize(t.Context(), &v1.DetokenizeRequest{Tokens: helloTokens, SpecialTokenPolicy: 9})
	failed(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	_, err = c.Detokenize(t.Context(), &v1.DetokenizeRequest{Tokens: []int32{-1, 1 << 30}})
	failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
}

func TestListModels(t *testing.T) {
	got, err := typed(t).ListModels(t.Context(), &v1.ListModelsRequest{})
	require.NoError(t, err)
	require.Len(t, got.GetModels(), 3)
	m := got.GetModels()[0]
	assert.Equal(t, "tekken", m.GetName())
	assert.Equal(t, []string{"tekken", "/models/tekken"}, m.GetNames())
	assert.Equal(t, int64(32<<20), m.GetMaxModelLen())
	assert.Equal(t, "InstructTokenizerV3", m.GetTokenizerClass())
	assert.Equal(t, "v3", m.GetTokenizerVersion())
	assert.Equal(t, int64(131072), m.GetVocabularySize())
	assert.Equal(t, shared.Info().Packages["mistral-common"], got.GetVersions()["mistral-common"])
	assert.Equal(t, shared.Info().Python, got.GetVersions()["python"])
}

func TestTyped_errors(t *testing.T) {
	c := typed(t)
	asJSON := func(text string) error {
		_, err := c.TokenizeChat(t.Context(), chat("", text))
		return err
	}

	s, info := failed(t, asJSON(`{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"tool","content":"c","tool_call_id":"123456789"}]}`),
		codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.Equal(t, "mistral_common.exceptions.InvalidMessageStructureException", info.GetMetadata()["python_class"])
	assert.Contains(t, s.Message(), "Unexpected role 'tool' after role 'user'")
	assert.Nil(t, detail[*errdetails.RetryInfo](s))

	s, info = failed(t, asJSON(`{"messages":[{"role":"user","content":7}]}`), codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.Equal(t, "pydantic_core._pydantic_core.ValidationError", info.GetMetadata()["python_class"])
	bad := detail[*errdetails.BadRequest](s)
	require.NotNil(t, bad)
	assert.Equal(t, "messages.0.user.content.str", bad.GetFieldViolations()[0].GetField())
	assert.Equal(t, "Input should be a valid string", bad.GetFieldViolations()[0].GetDescription())

	_, info = failed(t, asJSON(`{`), codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.Equal(t, "json.decoder.JSONDecodeError", info.GetMetadata()["python_class"])
	failed(t, asJSON("{\"messages\":\"\xff\"}"), codes.InvalidArgument, "INVALID_REQUEST")
	_, info = failed(t, asJSON(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://127.0.0.1/x.png"}]}]}`), codes.InvalidArgument, "MEDIA_DENIED")
	assert.Equal(t, "pyshim.errors.MediaDenied", info.GetMetadata()["python_class"])

	s, info = failed(t, func() error { _, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Model: "gone"}); return err }(), codes.NotFound, "MODEL_NOT_FOUND")
	assert.Equal(t, "The model `gone` does not exist.", s.Message())
	assert.Equal(t, "gone", info.GetMetadata()["model"])

	for _, r := range []*v1.TokenizeChatRequest{
		{},
		{Request: &v1.TokenizeChatRequest_Chat{Chat: &v1.Chat{Messages: []*v1.ChatMessage{{Content: "x"}}}}},
		{Request: &v1.TokenizeChatRequest_Chat{Chat: &v1.Chat{Messages: []*v1.ChatMessage{{Role: v1.Role_ROLE_USER, Prefix: true}}}}},
	} {
		_, err := c.TokenizeChat(t.Context(), r)
		failed(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	}
	_, err := c.Count(t.Context(), &v1.CountRequest{})
	failed(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	_, err = c.Render(t.Context(), &v1.RenderRequest{})
	failed(t, err, codes.InvalidArgument, "INVALID_REQUEST")
}

// A long text of an error does not burst the trailers that a client takes: gRPC's C core
// ends a call whose trailers are over 8 KB.
func TestTyped_errorsFitTrailers(t *testing.T) {
	c := typed(t)
	long := strings.Repeat("é", 10000)
	_, err := c.TokenizeChat(t.Context(), chat("", `{"messages":[{"role":"`+long+`","content":"x"}]}`))
	s, _ := failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.LessOrEqual(t, len(s.Message()), 1024)
	assert.LessOrEqual(t, len(s.Proto().String()), 4096)
	_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Model: long})
	s, info := failed(t, err, codes.NotFound, "MODEL_NOT_FOUND")
	assert.LessOrEqual(t, len(s.Message()), 1024)
	assert.True(t, strings.HasSuffix(info.GetMetadata()["model"], "é…"))
}
