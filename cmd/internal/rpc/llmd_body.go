package rpc

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// The bodies of vLLM's routes that llm-d's requests become. What llm-d's server hands to
// vLLM as None is null here.

type tokenizeBody struct {
	Model            string `json:"model"`
	Prompt           string `json:"prompt"`
	AddSpecialTokens bool   `json:"add_special_tokens"`
}

type completionBody struct {
	Model  string `json:"model"`
	Prompt string `json:"prompt"`
}

type chatBody struct {
	Model                string          `json:"model"`
	Messages             []messageBody   `json:"messages"`
	Tools                json.RawMessage `json:"tools"`
	ChatTemplate         *string         `json:"chat_template"`
	AddGenerationPrompt  bool            `json:"add_generation_prompt"`
	ContinueFinalMessage bool            `json:"continue_final_message"`
	ChatTemplateKwargs   json.RawMessage `json:"chat_template_kwargs"`
	MMPayload            string          `json:"mm_payload,omitempty"`
}

// messageBody is a message as protobuf's own JSON has it, which llm-d's server passes on:
// what is empty and has no presence is left out.
type messageBody struct {
	Role      string          `json:"role,omitempty"`
	Content   any             `json:"content,omitempty"` // a string, also an empty one, or parts
	ToolCalls json.RawMessage `json:"tool_calls,omitempty"`
}

type partBody struct {
	Type     string     `json:"type,omitempty"`
	Text     *string    `json:"text,omitempty"`
	ImageURL *imageBody `json:"image_url,omitempty"`
}

type imageBody struct {
	URL string `json:"url,omitempty"`
}

func chatBodyOf(r *tokenization.RenderChatCompletionRequest) (b chatBody, err error) {
	b = chatBody{
		Model: r.GetModelName(), Messages: make([]messageBody, len(r.GetMessages())),
		AddGenerationPrompt:  r.AddGenerationPrompt == nil || r.GetAddGenerationPrompt(),
		ContinueFinalMessage: r.GetContinueFinalMessage(),
	}
	if t := r.GetChatTemplate(); t != "" {
		b.ChatTemplate = &t
	}
	if b.Tools, err = rawField("tools_json", r.GetToolsJson()); err != nil {
		return b, err
	}
	if b.ChatTemplateKwargs, err = rawField("chat_template_kwargs", r.GetChatTemplateKwargs()); err != nil {
		return b, err
	}
	for i, m := range r.GetMessages() {
		b.Messages[i] = messageBodyOf(m)
		if slices.ContainsFunc(m.GetContentParts(), func(p *tokenization.ContentPart) bool { return p.ImageUrl != nil }) {
			b.MMPayload = "none" // the contract has no place for pixels
		}
		if b.Messages[i].ToolCalls, err = rawField(fmt.Sprintf("messages[%d].tool_calls_json", i), m.GetToolCallsJson()); err != nil {
			return b, err
		}
	}
	return b, nil
}

// messageBodyOf is a message without its tool calls.
func messageBodyOf(m *tokenization.ChatMessage) messageBody {
	b := messageBody{Role: m.GetRole()}
	if m.Content != nil {
		b.Content = m.GetContent()
	}
	if len(m.GetContentParts()) > 0 {
		parts := make([]partBody, len(m.GetContentParts()))
		for i, p := range m.GetContentParts() {
			parts[i] = partBody{Type: p.GetType(), Text: p.Text}
			if p.ImageUrl != nil {
				parts[i].ImageURL = &imageBody{URL: p.GetImageUrl().GetUrl()}
			}
		}
		b.Content = parts
	}
	return b
}

// rawField is JSON that a field has as text; an empty one has none. Numbers and the order
// of keys stay as they are written.
func rawField(name, text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	if err := pyjson.Check([]byte(text)); err != nil {
		return nil, invalid(name + " is not JSON: " + err.Error())
	}
	if !json.Valid([]byte(text)) {
		return nil, invalid(name + " is not JSON: it has NaN, an infinity, or too many levels")
	}
	return json.RawMessage(text), nil
}
