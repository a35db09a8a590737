package mistral

import "errors"

func parseMessage(where string, text []byte) (Message, error) {
	o, err := readObject(where, text)
	if err != nil {
		return nil, err
	}
	o.keeps = true
	role := o.string("role")
	if o.err != nil {
		return nil, o.err
	}
	var m Message
	var c Content
	keys := []string{"role", "content"}
	switch role {
	case "system":
		c = o.content()
		m = SystemMessage{Content: c}
	case "user":
		c = o.content()
		m = UserMessage{Content: c}
	case "assistant":
		keys = append(keys, "tool_calls", "prefix", "weight")
		c = o.content()
		a := AssistantMessage{
			Content: c, ToolCalls: list(o, "tool_calls", false, parseToolCall),
			Prefix: o.flag("prefix"), Weight: o.optFloat("weight"),
		}
		a.verbatim = o.verbatim
		m = a
	case "tool":
		keys = append(keys, "tool_call_id", "name")
		c = o.content()
		t := ToolMessage{Content: c, ToolCallID: o.optString("tool_call_id"), Name: o.optString("name")}
		t.verbatim = o.verbatim
		m = t
	default:
		return RawMessage(text), nil
	}
	if err := o.end(); err != nil {
		return nil, err
	}
	// An error of the reference about a missing content, or about chunks that do
	// not go with the role, shows the message with its keys in their order.
	if _, isText := c.Text(); !isText && !o.ordered(keys) {
		return RawMessage(text), nil
	}
	return m, nil
}

// content reads the member content.
func (o *object) content() Content {
	text := o.raw("content")
	if text == nil {
		return Content{}
	}
	return o.contentOf(text)
}

func (o *object) contentOf(text []byte) Content {
	switch {
	case string(text) == "null":
		return Null()
	case text[0] == '[':
		return Chunks(elements(o, "content", text, parseChunk)...)
	}
	return Text(o.stringOf("content", text))
}

func parseChunk(where string, text []byte) (Chunk, error) {
	o, err := readObject(where, text)
	if err != nil {
		return nil, err
	}
	kind := o.string("type")
	if o.err != nil {
		return nil, o.err
	}
	var c Chunk
	keys := []string{"type", kind}
	switch kind {
	case "text":
		c = TextChunk{Text: o.string("text")}
	case "thinking":
		keys = append(keys, "closed")
		c = ThinkChunk{Thinking: o.string("thinking"), Closed: o.optBool("closed")}
	case "image":
		c = ImageChunk{Image: o.string("image")}
	case "image_url":
		c, err = parseImageURL(o, text)
	case "input_audio", "audio_url":
		if value := o.peek(kind); value != nil && value[0] != '"' {
			return RawChunk(text), nil // {"data": …} or {"url": …}
		}
		if kind == "audio_url" {
			c = AudioURLChunk{URL: o.string(kind)}
		} else {
			c = AudioChunk{InputAudio: o.string(kind)}
		}
	default:
		return RawChunk(text), nil
	}
	if err := errors.Join(err, o.end()); err != nil {
		return nil, err
	}
	// An error in a chunk shows all the chunks beside it.
	if !o.ordered(keys) {
		return RawChunk(text), nil
	}
	return c, nil
}

func parseImageURL(o *object, text []byte) (Chunk, error) {
	value := o.need("image_url")
	if o.err != nil || value[0] != '{' {
		return ImageURLChunk{URL: o.stringOf("image_url", value)}, nil
	}
	u, err := readObject(o.where+".image_url", value)
	if err != nil {
		return nil, err
	}
	c := ImageURLChunk{URL: u.string("url"), Detail: u.optString("detail")}
	if u.end() != nil || c.Detail == nil || !u.ordered([]string{"url", "detail"}) {
		return RawChunk(text), nil // the type has no word for this form
	}
	return c, nil
}
