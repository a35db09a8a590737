package llmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// What Anthropic's clients send, as far as it has to do with the prompt.
type messagesBody struct {
	System   content          `json:"system"`
	Messages []anthropicTurn  `json:"messages"`
	Tools    []anthropicTool  `json:"tools"`
	Salt     *json.RawMessage `json:"cache_salt"`
}

type anthropicTurn struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

type anthropicTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"input_schema"`
}

// content is a string, or a list of blocks; a string is one block of text.
type content []block

type block struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Thinking string          `json:"thinking"`
	ID       string          `json:"id"`    // of tool_use
	Name     string          `json:"name"`  // of tool_use
	Input    json.RawMessage `json:"input"` // of tool_use
	CallID   string          `json:"tool_use_id"`
	Content  content         `json:"content"` // of tool_result
	Source   struct {
		Type      string `json:"type"`
		MediaType string `json:"media_type"`
		Data      string `json:"data"`
		URL       string `json:"url"`
	} `json:"source"`
}

func (c *content) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		*c = content{{Type: "text"}}
		return json.Unmarshal(data, &(*c)[0].Text)
	}
	return json.Unmarshal(data, (*[]block)(c))
}

// text is what the blocks of text say, one after the other.
func (c content) text() string {
	var b strings.Builder
	for _, one := range c {
		if one.Type == "text" {
			b.WriteString(one.Text)
		}
	}
	return b.String()
}

// The chat that it becomes.
type chatBody struct {
	Model    string           `json:"model,omitempty"`
	Messages []chatMessage    `json:"messages"`
	Tools    []chatTool       `json:"tools,omitempty"`
	Salt     *json.RawMessage `json:"cache_salt,omitempty"`
}

type chatMessage struct {
	Role      string     `json:"role"`
	Content   any        `json:"content,omitempty"` // a string, or parts
	Reasoning string     `json:"reasoning,omitempty"`
	ToolCalls []chatCall `json:"tool_calls,omitempty"`
	CallID    string     `json:"tool_call_id,omitempty"`
}

type chatPart struct {
	Type  string     `json:"type"`
	Text  string     `json:"text,omitempty"`
	Image *chatImage `json:"image_url,omitempty"`
}

type chatImage struct {
	URL string `json:"url"`
}

type chatCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatTool struct {
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Arguments   *string         `json:"arguments,omitempty"` // of a call
}

// asChat converts Anthropic's messages to a chat of the model. What has no tokens is left out.
func asChat(req Request, model string) (Request, error) {
	var in messagesBody
	if err := json.Unmarshal(req.Body, &in); err != nil {
		return Request{}, fmt.Errorf("llmd: messages: %w", err)
	}
	out := chatBody{Model: model, Messages: []chatMessage{}, Salt: in.Salt}
	if text := in.System.text(); text != "" {
		out.Messages = append(out.Messages, chatMessage{Role: "system", Content: text})
	}
	for _, m := range in.Messages {
		out.Messages = append(out.Messages, chatOf(m)...)
	}
	for _, t := range in.Tools {
		schema := t.Schema
		if len(schema) == 0 || string(schema) == "null" {
			schema = json.RawMessage(`{"type":"object"}`)
		}
		out.Tools = append(out.Tools, chatTool{"function", chatFunction{Name: t.Name, Description: t.Description, Parameters: schema}})
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return Request{}, fmt.Errorf("llmd: messages: %w", err)
	}
	return Request{API: ChatCompletions, Body: body.Bytes(), Authorization: req.Authorization}, nil
}

// chatOf is a message, behind the results of tools that it brings.
func chatOf(m anthropicTurn) (messages []chatMessage) {
	said := chatMessage{Role: m.Role}
	var parts []chatPart
	for _, b := range m.Content {
		switch b.Type {
		case "text":
			parts = append(parts, chatPart{Type: "text", Text: b.Text})
		case "image":
			url := b.Source.URL
			if b.Source.Type == "base64" {
				url = "data:" + b.Source.MediaType + ";base64," + b.Source.Data
			}
			parts = append(parts, chatPart{Type: "image_url", Image: &chatImage{url}})
		case "thinking":
			said.Reasoning += b.Thinking
		case "tool_use":
			arguments := "{}"
			if len(b.Input) > 0 && string(b.Input) != "null" {
				arguments = string(b.Input)
			}
			said.ToolCalls = append(said.ToolCalls, chatCall{b.ID, "function", chatFunction{Name: b.Name, Arguments: &arguments}})
		case "tool_result":
			messages = append(messages, chatMessage{Role: "tool", CallID: b.CallID, Content: b.Content.text()})
		}
	}
	switch {
	case len(parts) == 1 && parts[0].Type == "text":
		said.Content = parts[0].Text
	case len(parts) > 0:
		said.Content = parts
	case len(messages) > 0:
		return messages // nothing but results
	}
	return append(messages, said)
}

// probeOf is a request of which nothing can be wrong.
func probeOf(model string) []byte {
	name, _ := json.Marshal(model) // a string
	return fmt.Appendf(nil, `{"model":%s,"max_tokens":1,"messages":[{"role":"user","content":"probe"}]}`, name)
}
