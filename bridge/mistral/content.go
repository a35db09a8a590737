package mistral

// Content is the content of a message: a string or a list of chunks, null, or
// (the zero value) absent.
type Content struct {
	kind   contentKind
	text   string
	chunks []Chunk
}

type contentKind uint8

const (
	contentAbsent contentKind = iota
	contentNull
	contentText
	contentChunks
)

// Text is content that is one string, which may be empty.
func Text(s string) Content { return Content{kind: contentText, text: s} }

// Chunks is content that is a list of chunks, which may be empty.
func Chunks(chunks ...Chunk) Content { return Content{kind: contentChunks, chunks: chunks} }

// Null is content that is null, which an assistant message with tool calls may
// have; leaving Content out has the same meaning there.
func Null() Content { return Content{kind: contentNull} }

// IsZero reports whether the content is absent.
func (c Content) IsZero() bool { return c.kind == contentAbsent }

// Text returns the string and true if the content is one string.
func (c Content) Text() (string, bool) { return c.text, c.kind == contentText }

// Chunks returns the list and true if the content is a list of chunks.
func (c Content) Chunks() ([]Chunk, bool) { return c.chunks, c.kind == contentChunks }

// member writes the member of a message, if there is any.
func (c Content) member(e *encoder) {
	if c.kind != contentAbsent {
		e.Key("content")
		c.encode(e)
	}
}

func (c Content) encode(e *encoder) {
	switch c.kind {
	case contentAbsent, contentNull:
		e.Literal("null")
	case contentText:
		e.Str(c.text, "content")
	case contentChunks:
		e.Open('[')
		for i, chunk := range c.chunks {
			e.part("content", i, chunk, "chunk")
		}
		e.Close(']')
	}
}
