package mistral

// Chunk is a part of a message's content: TextChunk, ThinkChunk, ImageChunk,
// ImageURLChunk, AudioChunk, AudioURLChunk or RawChunk, and nothing else. It equals
// ContentChunk of mistral_common. Which of them a message may have depends on its role
// and on the tokenizer's version.
type Chunk interface {
	encode(*encoder)
	chunk()
}

// TextChunk equals mistral_common's TextChunk, type "text".
type TextChunk struct{ Text string }

// ThinkChunk equals mistral_common's ThinkChunk, type "thinking". Closed is true
// in the reference where it is nil here.
type ThinkChunk struct {
	Thinking string
	Closed   *bool
}

// RawChunk is any chunk in the reference's own JSON.
type RawChunk []byte

func (TextChunk) chunk()     {}
func (ThinkChunk) chunk()    {}
func (ImageChunk) chunk()    {}
func (ImageURLChunk) chunk() {}
func (AudioChunk) chunk()    {}
func (AudioURLChunk) chunk() {}
func (RawChunk) chunk()      {}

func (c TextChunk) encode(e *encoder) { e.chunk(`"text"`, "text", c.Text) }

func (c ThinkChunk) encode(e *encoder) {
	e.Open('{')
	e.Key("type")
	e.Literal(`"thinking"`)
	e.Key("thinking")
	e.Str(c.Thinking, "thinking")
	e.OptBool("closed", c.Closed)
	e.Close('}')
}

func (c RawChunk) encode(e *encoder) { e.Raw(c, "", "chunk") }

// chunk writes a chunk with one string in it.
func (e *encoder) chunk(kind, key, value string) {
	e.Open('{')
	e.Key("type")
	e.Literal(kind)
	e.Key(key)
	e.Str(value, key)
	e.Close('}')
}
