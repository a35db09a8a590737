package jsonl

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// AppendTokenized appends those parts of a Tokenized that are wanted.
func AppendTokenized(dst []byte, t *bridge.Tokenized, want []string) []byte {
	write := map[string]func([]byte) []byte{
		"tokens": func(b []byte) []byte { return appendInts(b, t.Tokens) },
		"prefix_ids": func(b []byte) []byte {
			if t.PrefixIDs == nil {
				return append(b, "null"...)
			}
			return appendInts(b, t.PrefixIDs)
		},
		"text": func(b []byte) []byte {
			if !t.HasText {
				return append(b, "null"...)
			}
			return AppendJSON(b, t.Text)
		},
		"images": func(b []byte) []byte { return appendImages(b, t.Images) },
		"audios": func(b []byte) []byte { return appendAudios(b, t.Audios) },
		spans:    func(b []byte) []byte { return AppendSpans(b, t.Spans) },
	}
	dst = slices.Grow(dst, 8*len(t.Tokens)+len(t.Text)+64)
	open := byte('{')
	for _, part := range allParts {
		if slices.Contains(want, part) {
			dst = append(dst, open)
			dst = append(append(append(dst, '"'), part...), '"', ':')
			dst = write[part](dst)
			open = ','
		}
	}
	if open == '{' {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

func appendInts[T int | int32](dst []byte, list []T) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(v), 10)
	}
	return append(dst, ']')
}

func appendImages(dst []byte, images []bridge.Image) []byte {
	dst = append(dst, '[')
	for i, im := range images {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendArray(dst, im.Shape[:], im.Pixels, im.Pixels64)
	}
	return append(dst, ']')
}

func appendAudios(dst []byte, audios []bridge.Audio) []byte {
	dst = append(dst, '[')
	for i, a := range audios {
		if i > 0 {
			dst = append(dst, ',')
		}
		shape := []int{len(a.Samples) + len(a.Samples64)}
		dst = appendArray(append(dst, `{"array":`...), shape, a.Samples, a.Samples64)
		dst = strconv.AppendInt(append(dst, `,"sr":`...), int64(a.SamplingRate), 10)
		dst = append(AppendJSON(append(dst, `,"format":`...), a.Format), '}')
	}
	return append(dst, ']')
}

// appendArray appends an array in C order, little-endian: the one of the two that is
// there.
func appendArray(dst []byte, shape []int, values []float32, wide []float64) []byte {
	dtype := "float32"
	data := make([]byte, 0, 4*len(values)+8*len(wide))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	if wide != nil {
		dtype = "float64"
	}
	for _, v := range wide {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	dst = appendInts(append(append(append(dst, `{"dtype":"`...), dtype...), `","shape":`...), shape)
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"b64":"`...), data)
	return append(dst, `"}`...)
}
