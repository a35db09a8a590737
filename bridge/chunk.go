package bridge

// Chunk is a part of a message's content: TextChunk, ThinkChunk, ImageURLChunk
// or RawChunk. It equals ContentChunk of mistral_common.
type Chunk interface{ encode(*encoder) }

// TextChunk equals mistral_common's TextChunk, type "text".
type TextChunk struct{ Text string }

// ThinkChunk equals mistral_common's ThinkChunk, type "thinking". Closed is true
// in the reference where it is nil here.
type ThinkChunk struct {
	Thinking string
	Closed   *bool
}

// ImageURLChunk equals mistral_common's ImageURLChunk, type "image_url": a
// data: URL, or whatever else the reference takes. Detail may be nil.
type ImageURLChunk struct {
	URL    string
	Detail *string
}

// RawChunk is any chunk in the reference's own JSON.
type RawChunk []byte

func (c TextChunk) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"text"`)
	e.key("text")
	e.str(c.Text, "text")
	e.close('}')
}

func (c ThinkChunk) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"thinking"`)
	e.key("thinking")
	e.str(c.Thinking, "thinking")
	e.optBool("closed", c.Closed)
	e.close('}')
}

func (c ImageURLChunk) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"image_url"`)
	e.key("image_url")
	if c.Detail == nil {
		e.str(c.URL, "image_url")
	} else {
		e.open('{')
		e.key("url")
		e.str(c.URL, "url")
		e.optString("detail", c.Detail)
		e.close('}')
	}
	e.close('}')
}

func (c RawChunk) encode(e *encoder) { e.raw(c, "chunk") }
