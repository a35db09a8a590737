package mistral

import "encoding/json"

// AudioData is an audio file inside a request: WAV, FLAC, OGG, MP3 and what else
// libsndfile reads. The zero value is absent.
type AudioData struct {
	kind audioKind
	text string
	data []byte
}

type audioKind uint8

const (
	audioAbsent audioKind = iota
	audioText
	audioBytes
	audioRaw
)

// AudioBase64 is an audio file in base64, or as a data: URL.
func AudioBase64(s string) AudioData { return AudioData{kind: audioText, text: s} }

// AudioBytes is an audio file as Python's bytes, which the reference treats otherwise
// than text in a few places: online streaming refuses them.
func AudioBytes(b []byte) AudioData { return AudioData{kind: audioBytes, data: b} }

// RawAudio is an audio in the reference's own JSON, such as {"data": base64} or null.
func RawAudio(text json.RawMessage) AudioData { return AudioData{kind: audioRaw, data: text} }

// IsZero reports whether the audio is absent.
func (a AudioData) IsZero() bool { return a.kind == audioAbsent }

// member writes the member of a request, if there is any.
func (a AudioData) member(e *encoder, name string) {
	if a.kind != audioAbsent {
		member(e, name, a)
	}
}

func (a AudioData) encode(e *encoder) {
	switch a.kind {
	case audioAbsent:
		e.Literal("null")
	case audioText:
		e.Str(a.text, "")
	case audioBytes:
		e.Bytes(a.data)
	case audioRaw:
		e.Raw(a.data, "", "audio")
	}
}

func (a AudioData) size() int { return len(a.text) + len(a.data)*4/3 + 16 }
