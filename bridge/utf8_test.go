package bridge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

func withMessages(m ...mistral.Message) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: m}
}

func withTools(tools ...mistral.Tool) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Tools: tools}
}

var text = mistral.Text

const bad = "a\xc3(b" // a byte of a pair alone

func TestInputError_invalidUTF8(t *testing.T) {
	tok := shipped(t, "v3")
	before := shared.Stats().Submitted
	in := func(m ...mistral.Message) *mistral.ChatCompletionRequest { return withMessages(m...) }
	chunk := func(c mistral.Chunk) *mistral.ChatCompletionRequest {
		return in(mistral.UserMessage{Content: mistral.Chunks(c)})
	}
	for name, req := range map[string]*mistral.ChatCompletionRequest{
		"model":            {Model: ptr(bad)},
		"reasoning effort": {ReasoningEffort: ptr(mistral.ReasoningEffort(bad))},
		"tool choice":      {ToolChoice: mistral.ToolChoiceEnum(bad)},
		"named choice":     {ToolChoice: mistral.NamedToolChoice{Name: bad}},
		"raw choice":       {ToolChoice: mistral.RawToolChoice(`"` + bad + `"`)},
		"response format":  {ResponseFormat: mistral.ResponseFormats(bad)},
		"schema name":      {ResponseFormat: mistral.JSONSchemaFormat{Name: bad}},
		"schema":           {ResponseFormat: mistral.JSONSchemaFormat{Schema: []byte(`"` + bad + `"`)}},
		"raw format":       {ResponseFormat: mistral.RawResponseFormat(`"` + bad + `"`)},
		"system":           in(mistral.SystemMessage{Content: text(bad)}),
		"user":             in(mistral.UserMessage{Content: text(bad)}),
		"assistant":        in(mistral.AssistantMessage{Content: text(bad)}),
		"tool":             in(mistral.ToolMessage{Content: text(bad)}),
		"tool call id":     in(mistral.ToolMessage{ToolCallID: ptr(bad)}),
		"tool name":        in(mistral.ToolMessage{Name: ptr(bad)}),
		"raw message":      in(mistral.RawMessage(`"` + bad + `"`)),
		"call id":          in(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{ID: ptr(bad)}}}),
		"call name":        in(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Name: bad}}}}),
		"arguments":        in(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Arguments: mistral.ArgumentsString(bad)}}}}),
		"text chunk":       chunk(mistral.TextChunk{Text: bad}),
		"think chunk":      chunk(mistral.ThinkChunk{Thinking: bad}),
		"image":            chunk(mistral.ImageChunk{Image: bad}),
		"audio":            chunk(mistral.AudioChunk{InputAudio: bad}),
		"audio url":        chunk(mistral.AudioURLChunk{URL: bad}),
		"image url":        chunk(mistral.ImageURLChunk{URL: bad}),
		"image url detail": chunk(mistral.ImageURLChunk{URL: bad, Detail: ptr("low")}),
		"detail":           chunk(mistral.ImageURLChunk{Detail: ptr(bad)}),
		"raw chunk":        chunk(mistral.RawChunk(`"` + bad + `"`)),
		"function name":    withTools(mistral.Tool{Function: mistral.Function{Name: bad}}),
		"description":      withTools(mistral.Tool{Function: mistral.Function{Description: ptr(bad)}}),
		"parameters":       withTools(mistral.Tool{Function: mistral.Function{Parameters: []byte(`"` + bad + `"`)}}),
	} {
		_, err := req.AppendJSON(nil)
		assert.ErrorIs(t, err, bridge.ErrInvalidUTF8, name)
		_, err = tok.EncodeChat(t.Context(), req)
		assert.ErrorIs(t, err, bridge.ErrInvalidUTF8, name)
	}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"chat json":      func() error { _, err := tok.EncodeChatJSON(ctx, []byte(bad)); return err },
		"chat json 2":    func() error { _, err := tok.EncodeChatJSONAsync(ctx, []byte(bad)).Await(ctx); return err },
		"count":          func() error { _, err := tok.Count(ctx, user(bad)); return err },
		"count json":     func() error { _, err := tok.CountJSON(ctx, []byte(bad)); return err },
		"text":           func() error { _, err := tok.EncodeText(ctx, bad, false, false); return err },
		"count text":     func() error { _, err := tok.CountText(ctx, bad, false, false); return err },
		"decode json":    func() error { _, err := tok.DecodeJSON(ctx, []byte(bad)); return err },
		"raw method":     func() error { _, err := raw.Of(tok).Call(ctx, bad, nil, nil); return err },
		"raw args":       func() error { _, err := raw.Of(tok).Call(ctx, "encode", []byte(bad), nil); return err },
		"raw keywords":   func() error { _, err := raw.Of(tok).Call(ctx, "encode", nil, []byte(bad)); return err },
		"reference":      func() error { _, err := raw.Of(tok).ReferenceChat(ctx, []byte(bad), 1); return err },
		"load name":      func() error { _, err := shared.Load(ctx, bridge.Shipped(bad)); return err },
		"load mode":      func() error { _, err := shared.Load(ctx, bridge.Shipped("v3"), bridge.WithMode(bad)); return err },
		"load raw":       func() error { _, err := shared.LoadRaw(ctx, bad); return err },
		"load raw async": func() error { _, err := shared.LoadRawAsync(ctx, bad).Await(ctx); return err },
	} {
		assert.ErrorIs(t, call(), bridge.ErrInvalidUTF8, name)
	}
	assert.Equal(t, before, shared.Stats().Submitted, "nothing was called")
}

func TestEncodeChat_nilParts(t *testing.T) {
	for want, req := range map[string]*mistral.ChatCompletionRequest{
		"message 1 is nil":           withMessages(mistral.UserMessage{}, nil),
		"message 0 is nil":           withMessages((*mistral.UserMessage)(nil)),
		"chunk 0 is nil":             withMessages(mistral.UserMessage{Content: mistral.Chunks(nil)}),
		"chunk 1 is nil":             withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.TextChunk{}, (*mistral.TextChunk)(nil))}),
		"empty JSON as message":      withMessages(mistral.RawMessage(nil)),
		"empty JSON as chunk":        withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.RawChunk{})}),
		"empty JSON as tool_choice":  {ToolChoice: mistral.RawToolChoice{}},
		"empty JSON as tool param":   withTools(mistral.Tool{Function: mistral.Function{Parameters: json.RawMessage{}}}),
		"empty JSON as tool call ar": withMessages(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Arguments: json.RawMessage{}}}}}),
	} {
		t.Run(want, func(t *testing.T) {
			_, err := shipped(t, "v3").EncodeChat(t.Context(), req)
			assert.ErrorContains(t, err, want)
		})
	}
	_, err := shipped(t, "v3").EncodeChat(t.Context(), nil)
	assert.ErrorContains(t, err, "nil request")
}
