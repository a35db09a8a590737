package mistral

// ImageChunk equals mistral_common's ImageChunk, type "image": an image file in
// base64, or as a data: URL, which is decoded when the request is validated.
type ImageChunk struct{ Image string }

// ImageURLChunk equals mistral_common's ImageURLChunk, type "image_url": a data: URL,
// or with WithFetcher an http one. Detail may be nil.
type ImageURLChunk struct {
	URL    string
	Detail *string
}

func (c ImageChunk) encode(e *encoder) { e.chunk(`"image"`, "image", c.Image) }

func (c ImageURLChunk) encode(e *encoder) {
	if c.Detail == nil {
		e.chunk(`"image_url"`, "image_url", c.URL)
		return
	}
	e.Open('{')
	e.Key("type")
	e.Literal(`"image_url"`)
	e.Key("image_url")
	e.Open('{')
	e.Key("url")
	e.Str(c.URL, "url")
	e.OptString("detail", c.Detail)
	e.Close('}')
	e.Close('}')
}
