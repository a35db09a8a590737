package bridge

import (
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func readTokenized(r *wire.Reply) (*Tokenized, error) {
	t := &Tokenized{Tokens: r.Ints}
	if r.Flags&wire.ReplyJSON == 0 {
		return t, nil
	}
	var rest struct {
		PrefixIDs []int32     `json:"prefix_ids"`
		Text      *string     `json:"text"`
		Images    []array     `json:"images"`
		Audios    []audioPart `json:"audios"`
		Spans     []Span      `json:"spans"`
	}
	if err := json.Unmarshal(r.Body, &rest); err != nil {
		return nil, err
	}
	t.PrefixIDs, t.Spans = rest.PrefixIDs, rest.Spans
	if rest.Text != nil {
		t.Text, t.HasText = *rest.Text, true
	}
	for _, a := range rest.Images {
		if len(a.Shape) != 3 {
			return nil, fmt.Errorf("image of shape %v", a.Shape)
		}
		im := Image{Shape: [3]int(a.Shape)}
		var err error
		if im.Pixels, im.Pixels64, err = a.floats(r.Bufs); err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		t.Images = append(t.Images, im)
	}
	for _, a := range rest.Audios {
		audio, err := a.audio(r.Bufs)
		if err != nil {
			return nil, err
		}
		t.Audios = append(t.Audios, audio)
	}
	return t, nil
}

// array is a numpy array whose bytes are one of the reply's buffers.
type array struct {
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
	Buf   int    `json:"buf"`
}

// floats returns one of two slices, by the type that the array has.
func (a array) floats(bufs [][]byte) ([]float32, []float64, error) {
	if a.Buf < 0 || a.Buf >= len(bufs) {
		return nil, nil, fmt.Errorf("buffer %d of %d", a.Buf, len(bufs))
	}
	return wire.Floats(a.Dtype, a.Shape, bufs[a.Buf])
}

// audioPart is an audio as it is described beside its buffer.
type audioPart struct {
	array
	Rate   int    `json:"sr"`
	Format string `json:"format"`
}

func (s audioPart) audio(bufs [][]byte) (Audio, error) {
	samples, wide, err := s.floats(bufs)
	if err != nil {
		return Audio{}, fmt.Errorf("audio: %w", err)
	}
	return Audio{Samples: samples, Samples64: wide, SamplingRate: s.Rate, Format: s.Format}, nil
}

func readInts(r *wire.Reply) ([]int32, error) { return r.Ints, nil }

func readCount(r *wire.Reply) (int, error) { return int(r.Aux), nil }

func readText(r *wire.Reply) (string, error) { return string(r.Body), nil }

func readJSON(r *wire.Reply) (json.RawMessage, error) { return r.Body, nil }
