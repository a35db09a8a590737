package bridge

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func readTokenized(r *wire.Reply) (*Tokenized, error) {
	t := &Tokenized{Tokens: r.Ints}
	if r.Flags&wire.ReplyJSON == 0 {
		return t, nil
	}
	var rest struct {
		PrefixIDs []int32 `json:"prefix_ids"`
		Text      string  `json:"text"`
		Images    []array `json:"images"`
		Audios    []struct {
			array
			Rate   int    `json:"sr"`
			Format string `json:"format"`
		} `json:"audios"`
	}
	if err := json.Unmarshal(r.Body, &rest); err != nil {
		return nil, err
	}
	t.PrefixIDs, t.Text = rest.PrefixIDs, rest.Text
	for _, a := range rest.Images {
		px, err := a.float32s(r.Bufs)
		if err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		if len(a.Shape) != 3 {
			return nil, fmt.Errorf("image of shape %v", a.Shape)
		}
		t.Images = append(t.Images, Image{Shape: [3]int(a.Shape), Pixels: px})
	}
	for _, a := range rest.Audios {
		samples, err := a.float32s(r.Bufs)
		if err != nil {
			return nil, fmt.Errorf("audio: %w", err)
		}
		t.Audios = append(t.Audios, Audio{Samples: samples, SamplingRate: a.Rate, Format: a.Format})
	}
	return t, nil
}

// array is a numpy array whose bytes are one of the reply's buffers.
type array struct {
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
	Buf   int    `json:"buf"`
}

func (a array) float32s(bufs [][]byte) ([]float32, error) {
	if a.Buf < 0 || a.Buf >= len(bufs) {
		return nil, fmt.Errorf("buffer %d of %d", a.Buf, len(bufs))
	}
	b := bufs[a.Buf]
	switch a.Dtype {
	case "float32":
		out := make([]float32, len(b)/4)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return out, nil
	case "float64":
		out := make([]float32, len(b)/8)
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
		return out, nil
	}
	return nil, fmt.Errorf("dtype %s", a.Dtype)
}

func readInts(r *wire.Reply) ([]int32, error) { return r.Ints, nil }

func readCount(r *wire.Reply) (int, error) { return int(r.Aux), nil }

func readText(r *wire.Reply) (string, error) { return string(r.Body), nil }

func readJSON(r *wire.Reply) (json.RawMessage, error) { return r.Body, nil }
