package bridge_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// anyChat draws a chat that a tokenizer takes and that ends with a user's message: turns with
// texts of all scripts, with calls of tools and thoughts where its version has them.
func anyChat(tok *bridge.Tokenizer) *rapid.Generator[*mistral.ChatCompletionRequest] {
	version := tok.Describe().Version
	return rapid.Custom(func(r *rapid.T) *mistral.ChatCompletionRequest {
		req := &mistral.ChatCompletionRequest{}
		if rapid.Bool().Draw(r, "system") {
			req.Messages = append(req.Messages, mistral.SystemMessage{Content: mistral.Text("Be brief. " + anyText(3).Draw(r, "prompt"))})
		}
		tools := version != "v1" && rapid.Bool().Draw(r, "tools")
		if tools {
			req.Tools = []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: []byte(`{}`)}}}
		}
		for i := range rapid.IntRange(0, 5).Draw(r, "turns") {
			req.Messages = append(req.Messages, anyQuestion(r)...)
			if tools && rapid.Bool().Draw(r, "call") {
				req.Messages = append(req.Messages, anyCalls(r, i)...)
			}
			req.Messages = append(req.Messages, anyAnswer(r, version == "v13" || version == "v15"))
		}
		req.Messages = append(req.Messages, anyQuestion(r)...)
		return req
	})
}

// anyQuestion is one message of a user, or two, which are merged.
func anyQuestion(r *rapid.T) (messages []mistral.Message) {
	for range rapid.IntRange(1, 2).Draw(r, "messages") {
		messages = append(messages, mistral.UserMessage{Content: mistral.Text(anyText(6).Draw(r, "question"))})
	}
	return messages
}

// anyCalls are calls of tools and their results, in the order of the calls or in the other one.
func anyCalls(r *rapid.T, turn int) []mistral.Message {
	asked, results := mistral.AssistantMessage{}, []mistral.Message{}
	for i := range rapid.IntRange(1, 2).Draw(r, "calls") {
		id := fmt.Sprintf("call%05d", 10*turn+i)
		asked.ToolCalls = append(asked.ToolCalls, mistral.ToolCall{ID: ptr(id), Function: mistral.FunctionCall{Name: "f", Arguments: []byte(`{"a": 1}`)}})
		results = append(results, mistral.ToolMessage{Content: mistral.Text(anyText(4).Draw(r, "result")), ToolCallID: ptr(id)})
	}
	if rapid.Bool().Draw(r, "turned") {
		last := len(results) - 1
		results[0], results[last] = results[last], results[0]
	}
	return append([]mistral.Message{asked}, results...)
}

func anyAnswer(r *rapid.T, thinks bool) mistral.AssistantMessage {
	text := "answer" + anyText(6).Draw(r, "answer")
	if !thinks || rapid.Bool().Draw(r, "plain") {
		return mistral.AssistantMessage{Content: mistral.Text(text)}
	}
	return mistral.AssistantMessage{Content: mistral.Chunks(mistral.ThinkChunk{Thinking: "hm" + anyText(4).Draw(r, "thought")}, mistral.TextChunk{Text: text})}
}

// saidBy are what an assistant's message says and thinks, as it is normalized: versions before
// v13 drop spaces at the end, and SentencePiece's tokens do not distinguish ▁ from a space.
func saidBy(tok *bridge.Tokenizer, m mistral.AssistantMessage) (text, thought string) {
	text, _ = m.Content.Text()
	if chunks, ok := m.Content.Chunks(); ok {
		for _, chunk := range chunks {
			switch chunk := chunk.(type) {
			case mistral.ThinkChunk:
				thought = chunk.Thinking
			case mistral.TextChunk:
				return chunk.Text, thought
			}
		}
	}
	if tok.Describe().Version != "v1" {
		text = strings.TrimRight(text, " ")
	}
	if tok.Describe().Raw != "Tekkenizer" {
		text = strings.ReplaceAll(text, "▁", " ")
	}
	return text, thought
}
