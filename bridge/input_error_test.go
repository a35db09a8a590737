package bridge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func TestInputError_place(t *testing.T) {
	for want, req := range map[string]*mistral.ChatCompletionRequest{
		"bridge: messages[1].tool_calls[0].arguments: unexpected end of JSON at byte 6": withMessages(mistral.UserMessage{},
			mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Arguments: []byte(`{"a":1`)}}}}),
		"bridge: tools[0].parameters: '}' where the end was expected at byte 2": withTools(mistral.Tool{Function: mistral.Function{Parameters: []byte(`{}}`)}}),
		"bridge: messages[0].content[1].text: invalid UTF-8 at byte 3": withMessages(mistral.UserMessage{Content: mistral.Chunks(
			mistral.TextChunk{}, mistral.TextChunk{Text: "é:\xff"})}),
		"bridge: messages[0].content[0]: an escape that JSON does not have at byte 1":                                         withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.RawChunk(`"\x"`))}),
		"bridge: tool_choice: a byte order mark, without which the text is to be saved, where a value was expected at byte 0": {ToolChoice: mistral.RawToolChoice("\ufeff{}")},
		"bridge: response_format: 'é' where ',' or ']' was expected at byte 3":                                                {ResponseFormat: mistral.RawResponseFormat(`[1 é]`)},
		"bridge: messages[2]: message 2 is nil":                                                                               withMessages(mistral.UserMessage{}, mistral.UserMessage{}, nil),
		"bridge: tool_choice.name: invalid UTF-8 at byte 1":                                                                   {ToolChoice: mistral.NamedToolChoice{Name: bad}},
		"bridge: response_format: unexpected end of JSON at byte 1":                                                           {ResponseFormat: mistral.RawResponseFormat(` `)},
		"bridge: model: invalid UTF-8 at byte 1":                                                                              {Model: ptr(bad), ToolChoice: mistral.RawToolChoice(`]`)},
	} {
		_, err := req.AppendJSON(nil)
		assert.EqualError(t, err, want)
	}
	_, err := shipped(t, "v3").EncodeChatJSON(t.Context(), []byte("{}\xff"))
	assert.EqualError(t, err, "bridge: invalid UTF-8 at byte 2")
}
