package jsonl

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

func (s *Server) offsets(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("text")
	}
	var text string
	if err == nil {
		text, err = r.needText("text")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(t.OffsetsAsync(ctx, text), func(found bridge.TokenOffsets) []byte {
		return AppendOffsets(nil, found)
	})
}

// AppendOffsets appends the JSON of offsets, as the op has it.
func AppendOffsets(dst []byte, found bridge.TokenOffsets) []byte {
	pairs := make([][2]int, len(found.Offsets))
	for i, o := range found.Offsets {
		pairs[i] = [2]int{o.Start, o.End}
	}
	return AppendJSON(dst, struct {
		Tokens  []int32  `json:"tokens"`
		Offsets [][2]int `json:"offsets"`
	}{append([]int32{}, found.Tokens...), pairs})
}

// needText is an argument that has to be there: a string.
func (r *request) needText(key string) (string, error) {
	if r.arg(key) == nil {
		return "", badArguments("%s needs %q, a string", r.op, key)
	}
	return r.str(key)
}
