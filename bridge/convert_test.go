package bridge_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

func TestValidate(t *testing.T) {
	tok, ctx := shipped(t, "v7"), t.Context()
	v := tok.Validator()
	assert.Equal(t, bridge.Validator{Class: "MistralRequestValidatorV5", Mode: bridge.Test}, v)
	_, err := shared.Validate(ctx, v, user("a"))
	require.NoError(t, err)
	_, err = shared.ValidateMessagesAsync(ctx, v, user("a").Messages).Await(ctx)
	require.NoError(t, err)
	v.Mode = bridge.Serving
	_, err = shared.ValidateAsync(ctx, v, user("a")).Await(ctx)
	var invalid *bridge.InvalidRequestException
	require.ErrorAs(t, err, &invalid, "serving wants a model")
	_, err = shared.ValidateMessages(ctx, v, []mistral.Message{mistral.AssistantMessage{Content: text("a")}})
	var structure *bridge.InvalidMessageStructureException
	require.ErrorAs(t, err, &structure)
	_, err = shared.Validate(ctx, bridge.Validator{Class: "os"}, user("a"))
	pyError(t, err, "pyshim.errors.UnknownClass")
	_, err = shared.Validate(ctx, v, nil)
	require.ErrorContains(t, err, "nil request")
	got, err := shared.ValidateJSON(ctx, []byte(`{"cls":"MistralRequestValidator","x":{"messages":[{"role":"user","content":"a"}],"continue_final_message":false}}`))
	require.NoError(t, err)
	require.Len(t, got.Warnings, 1)
	assert.Equal(t, "DeprecationWarning", got.Warnings[0].Category)
}

func TestNormalize_tokens(t *testing.T) {
	ctx := t.Context()
	for _, name := range []string{"v3", "v7", "synthetic-v13", "synthetic-v15"} {
		t.Run(name, func(t *testing.T) {
			tok := named(t, name)
			req := withMessages(mistral.SystemMessage{Content: text("s")}, mistral.UserMessage{Content: text("a")}, mistral.UserMessage{Content: text("b")})
			req.Tools = []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: []byte(`{"z":1.0,"a":{}}`)}}}
			n := tok.Normalizer()
			specials, err := tok.Specials(ctx)
			require.NoError(t, err)
			n.ModelSettingsBuilder = specials.ModelSettingsBuilder
			normal, err := shared.Normalize(ctx, n, req)
			require.NoError(t, err)
			require.Less(t, len(normal.Messages), 4)
			want, err := tok.EncodeChat(ctx, req)
			require.NoError(t, err)
			got, err := tok.EncodeInstruct(ctx, normal)
			require.NoError(t, err)
			assert.Equal(t, want.Tokens, got.Tokens)
			again, err := shared.NormalizeAsync(ctx, n, req).Await(ctx)
			require.NoError(t, err)
			assert.Equal(t, normal, again)
		})
	}
}

// Every typed object goes to OpenAI's form and back.
func TestToOpenAI_roundTrip(t *testing.T) {
	ctx := t.Context()
	r := rt(t)
	call := mistral.ToolCall{ID: ptr("abcdefghi"), Function: mistral.FunctionCall{Name: "f", Arguments: mistral.ArgumentsString(`{"a": 1}`)}}
	tool := mistral.Tool{Function: mistral.Function{Name: "f", Parameters: []byte(`{"z":1,"a":2}`)}}
	for _, x := range []mistral.Object{
		mistral.SystemMessage{Content: text("s")}, mistral.UserMessage{Content: text("u")},
		mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{call}}, mistral.ToolMessage{Content: text("t"), ToolCallID: ptr("abcdefghi")},
		mistral.TextChunk{Text: "t"}, mistral.ThinkChunk{Thinking: "t"}, mistral.ImageURLChunk{URL: "data:,", Detail: ptr("low")},
		mistral.AudioURLChunk{URL: "u"}, tool, call,
		&mistral.ChatCompletionRequest{Messages: user("u").Messages, Tools: []mistral.Tool{tool}, RandomSeed: ptr(int64(0))},
	} {
		name := x.Class().Name
		there, err := r.ToOpenAI(ctx, x, nil)
		require.NoError(t, err, name)
		var args, kwargs []byte
		if name == "ChatCompletionRequest" {
			kwargs = there
		} else {
			args = append(append([]byte("["), there...), ']')
		}
		back, err := r.FromOpenAI(ctx, x.Class(), args, kwargs)
		require.NoError(t, err, name)
		again, err := r.ToOpenAIJSON(ctx, []byte(`{"mod":"`+x.Class().Module+`","cls":"`+name+`","x":`+string(back)+`}`))
		require.NoError(t, err, name)
		assert.Equal(t, string(there), string(again), name)
	}
	_, err := r.ToOpenAI(ctx, nil, nil)
	require.ErrorContains(t, err, "nil object")
	_, err = r.FromOpenAI(ctx, mistral.Class{Module: "os", Name: "system"}, []byte(`["true"]`), nil)
	pyError(t, err, "pyshim.errors.UnknownClass")
}

func TestChatFromOpenAI(t *testing.T) {
	tok, ctx := shipped(t, "v3"), t.Context()
	body := `{"stream":true,"seed":7,"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello"}]}`
	req, err := shared.ChatFromOpenAI(ctx, []byte(body))
	require.NoError(t, err)
	assert.Equal(t, []mistral.Message{mistral.SystemMessage{Content: text("Be brief.")}, mistral.UserMessage{Content: text("Hello")}}, req.Messages)
	assert.Equal(t, ptr(int64(7)), req.RandomSeed)
	_, err = tok.EncodeChat(ctx, req)
	require.NoError(t, err)
	_, err = shared.ChatFromOpenAIAsync(ctx, []byte(`{"messages":[{"role":"robot"}]}`)).Await(ctx)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	_, err = shared.ChatFromOpenAI(ctx, nil)
	require.ErrorContains(t, err, "empty body")
}

func TestChatTemplate(t *testing.T) {
	tok, ctx := shipped(t, "v3-tekken"), t.Context()
	specials, err := tok.Specials(ctx)
	require.NoError(t, err)
	variables := false
	converted, err := shared.ConvertTokenizerToChatTemplate(ctx, specials.FilePath, bridge.TokenizerTemplate{
		SystemPrompt: ptr("it's"), UseSpecialTokenVariables: &variables,
	})
	require.NoError(t, err)
	generated, err := shared.GenerateChatTemplateAsync(ctx, bridge.ChatTemplate{TokenizerVersion: "v3", DefaultSystemPrompt: ptr("it's")}).Await(ctx)
	require.NoError(t, err)
	assert.Equal(t, converted, generated)
	assert.Contains(t, generated, `it\'s`)
	_, err = shared.GenerateChatTemplate(ctx, bridge.ChatTemplate{TokenizerVersion: "v3", PlainThinkingSupport: true})
	pyError(t, err, "builtins.ValueError")
	v15, err := shared.GenerateChatTemplate(ctx, bridge.ChatTemplate{
		TokenizerVersion: "v15", ThinkingSupport: true, ModelSettingsFields: []string{"reasoning_effort"},
		ReasoningEffortValues: []mistral.ReasoningEffort{mistral.ReasoningNone, mistral.ReasoningHigh}, ReasoningEffortDefault: ptr(mistral.ReasoningNone),
	})
	require.NoError(t, err)
	assert.Contains(t, v15, "MODEL_SETTINGS")
}

func TestGrammarForChat(t *testing.T) {
	ctx := t.Context()
	tok := synthetic(t, "v13")
	ok, err := tok.GrammarSupported(ctx)
	require.NoError(t, err)
	require.True(t, ok)
	template, err := tok.SelectJinjaTemplate(ctx)
	require.NoError(t, err)
	req := user("a")
	free, err := tok.GrammarForChat(ctx, req, template)
	require.NoError(t, err)
	assert.Nil(t, free, "a chat without tools allows any answer")
	tools := []mistral.Tool{{Function: mistral.Function{Name: "weather", Strict: ptr(true), Parameters: []byte(`{"type":"object","properties":{"zulu":{},"alfa":{}}}`)}}}
	req.Tools, req.ToolChoice = tools, mistral.NamedToolChoice{Name: "weather"}
	held, err := tok.GrammarForChat(ctx, req, template)
	require.NoError(t, err)
	require.NotNil(t, held)
	assert.Contains(t, *held, `{"zulu": {}, "alfa": {}}`)
	req.ToolChoice = mistral.NamedToolChoice{Name: "other"}
	_, err = tok.GrammarForChatAsync(ctx, req, template).Await(ctx)
	var invalid *bridge.InvalidRequestException
	require.ErrorAs(t, err, &invalid)
	lark, err := tok.LarkFromJinja(ctx, bridge.Lark{Template: template, Mode: mistral.ToolChoiceRequired, Tools: tools, ParallelToolCalls: true})
	require.NoError(t, err)
	assert.Contains(t, lark, `"weather"`)
	schema, err := tok.LarkForJSONSchema(ctx, template, []byte(`{"type":"integer","z":1,"a":2}`))
	require.NoError(t, err)
	assert.Contains(t, schema, `{"type": "integer", "z": 1, "a": 2}`)
}

func TestGrammarSupported_not(t *testing.T) {
	tok := shipped(t, "v3")
	ok, err := tok.GrammarSupportedAsync(t.Context()).Await(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
	_, err = tok.SelectJinjaTemplate(t.Context())
	pyError(t, err, "builtins.ValueError")
}

func TestVocab_lossless(t *testing.T) {
	ctx := t.Context()
	for name, words := range map[string]int{"v1": 32000, "v3": 32768, "v3-tekken": 131072} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			vocab, err := tok.Vocab(ctx)
			require.NoError(t, err)
			require.Len(t, vocab, words)
			ids, err := tok.EncodeText(ctx, passage, true, true)
			require.NoError(t, err)
			pieces, err := tok.PiecesAsync(ctx, ids).Await(ctx)
			require.NoError(t, err)
			var whole []byte
			for i, id := range ids {
				require.Equal(t, vocab[id], pieces[i])
				if i > 0 && i < len(ids)-1 {
					whole = append(whole, pieces[i]...)
				}
			}
			if name == "v3-tekken" {
				assert.Equal(t, passage, string(whole))
				distinct := map[string]bool{}
				for _, piece := range vocab {
					distinct[string(piece)] = true
				}
				assert.Greater(t, len(distinct), 130072+900, "vocab() of the reference has 130044")
			}
			for _, id := range ids[:5] {
				piece, err := tok.IDToPiece(ctx, id)
				require.NoError(t, err)
				assert.Equal(t, strings.ToValidUTF8(string(vocab[id]), "\ufffd"), piece)
			}
			_, err = tok.Pieces(ctx, []int32{1, int32(words)})
			require.ErrorIs(t, err, bridge.ErrInvalidRequest)
		})
	}
}

func TestSpecials_pieces(t *testing.T) {
	ctx := t.Context()
	tok := shipped(t, "v3-tekken")
	specials, err := tok.Specials(ctx)
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 2, 11, 0, 1}, append([]int32{specials.BOS, specials.EOS, specials.PAD, specials.UNK}, specials.Start...))
	assert.Equal(t, 131072, specials.Words)
	assert.Len(t, specials.SpecialIDs, specials.SpecialTokens)
	inst, err := tok.GetSpecialToken(ctx, "[INST]")
	require.NoError(t, err)
	assert.Equal(t, specials.Instruct["BEGIN_INST"], inst)
	_, err = tok.GetSpecialToken(ctx, "[NONE]")
	pyError(t, err, "builtins.ValueError")
	for i, c := range []struct {
		id            int32
		special, byte bool
		piece         string
	}{{inst, true, false, "[INST]"}, {22177, false, false, "Hello"}, {1000 + 0xc3, false, true, "\xc3"}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			special, err := tok.IsSpecial(ctx, c.id)
			require.NoError(t, err)
			assert.Equal(t, c.special, special, c.id)
			isByte, err := tok.IsByte(ctx, c.id)
			require.NoError(t, err)
			assert.Equal(t, c.byte, isByte, c.id)
			piece, err := tok.IDToBytePiece(ctx, c.id, bridge.Keep)
			require.NoError(t, err)
			assert.Equal(t, c.piece, string(piece))
		})
	}
	special, err := tok.IsSpecialToken(ctx, "[INST]")
	require.NoError(t, err)
	assert.True(t, special)
	_, err = tok.IsSpecialToken(ctx, bad)
	require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
	_, err = tok.IDToBytePiece(ctx, inst, bridge.Raise)
	pyError(t, err, "builtins.ValueError")
}

func TestRaw_EncodePart(t *testing.T) {
	ctx := t.Context()
	tok := synthetic(t, "v13")
	for method, kwargs := range map[string]string{
		"encode_system_message": `{"message":{"role":"system","content":"Hi"}}`,
		"encode_user_content":   `{"content":"Hi","is_last":true,"system_prompt":null}`,
		"encode_think":          `{"chunk":{"type":"thinking","thinking":"Hi"}}`,
	} {
		part, err := raw.Of(tok).EncodePart(ctx, method, []byte(kwargs))
		require.NoError(t, err, method)
		assert.NotEmpty(t, part.Tokens, method)
	}
	first, err := raw.Of(tok).Instruct(ctx, "start", nil)
	require.NoError(t, err)
	assert.JSONEq(t, `[1]`, string(first))
	_, err = raw.Of(tok).Instruct(ctx, "__init__", nil)
	pyError(t, err, "pyshim.errors.UnknownMethod")
	n, err := raw.Of(tok).AudioEncoder(ctx, "num_audio_tokens", []byte(`{"audio_len":16000}`))
	require.NoError(t, err)
	assert.JSONEq(t, `13`, string(n))
	out, err := raw.Of(tok).Output(ctx, "split_content_and_tool_calls", []byte(`[100,101,9,102]`))
	require.NoError(t, err)
	assert.JSONEq(t, `[[100,101],[[9,102]]]`, string(out))
}
