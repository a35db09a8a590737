package client

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// unreadable is an answer that this client does not understand.
func unreadable(op string, err error) error {
	return fmt.Errorf("%w: %s: unreadable answer of the server: %w", bridge.ErrInternal, op, err)
}

// tokenized is the answer of /v1/encode.
type tokenized struct {
	Tokens    []int32         `json:"tokens"`
	PrefixIDs []int32         `json:"prefix_ids"`
	Text      *string         `json:"text"`
	Images    []array         `json:"images"`
	Audios    []audio         `json:"audios"`
	Spans     []span          `json:"spans"`
	Warnings  json.RawMessage `json:"warnings"`
}

func (a *tokenized) value() (*bridge.Tokenized, error) {
	t := &bridge.Tokenized{Tokens: noneAsNil(a.Tokens), PrefixIDs: a.PrefixIDs}
	if a.Text != nil {
		t.Text, t.HasText = *a.Text, true
	}
	for _, im := range a.Images {
		if len(im.Shape) != 3 {
			return nil, fmt.Errorf("image of shape %v", im.Shape)
		}
		image := bridge.Image{Shape: [3]int(im.Shape)}
		var err error
		if image.Pixels, image.Pixels64, err = im.floats(); err != nil {
			return nil, err
		}
		t.Images = append(t.Images, image)
	}
	for _, s := range a.Audios {
		sound := bridge.Audio{SamplingRate: s.Rate, Format: s.Format}
		var err error
		if sound.Samples, sound.Samples64, err = s.Array.floats(); err != nil {
			return nil, err
		}
		t.Audios = append(t.Audios, sound)
	}
	if a.Spans != nil {
		t.Spans = make([]bridge.Span, len(a.Spans))
	}
	for i, s := range a.Spans {
		t.Spans[i] = s.value()
	}
	return t, nil
}

// noneAsNil is what the bridge returns where there are no tokens.
func noneAsNil(tokens []int32) []int32 {
	if len(tokens) == 0 {
		return nil
	}
	return tokens
}

// array is a numpy array, in C order and little-endian.
type array struct {
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
	B64   string `json:"b64"`
}

// floats returns one of two slices, by the type that the array has.
func (a array) floats() ([]float32, []float64, error) {
	b, err := base64.StdEncoding.DecodeString(a.B64)
	if err != nil {
		return nil, nil, fmt.Errorf("array: %w", err)
	}
	return wire.Floats(a.Dtype, a.Shape, b)
}

type audio struct {
	Array  array  `json:"array"`
	Rate   int    `json:"sr"`
	Format string `json:"format"`
}

type span struct {
	Start   int             `json:"start"`
	Length  int             `json:"length"`
	Message *int            `json:"message"`
	Role    string          `json:"role"`
	Kind    bridge.SpanKind `json:"kind"`
	Within  bridge.SpanKind `json:"within"`
	Weight  float64         `json:"weight"`
}

func (s span) value() bridge.Span {
	message := -1
	if s.Message != nil {
		message = *s.Message
	}
	return bridge.Span{Start: s.Start, Len: s.Length, Message: message, Role: s.Role, Kind: s.Kind, Within: s.Within, Weight: s.Weight}
}

// readWarnings reads a list of [module, category, message]; nil of an empty one.
func readWarnings(text []byte) (all []bridge.Warning, err error) {
	var list [][3]string
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("warnings: %w", err)
	}
	for _, w := range list {
		all = append(all, bridge.Warning{Module: w[0], Category: w[1], Message: w[2]})
	}
	return all, nil
}
