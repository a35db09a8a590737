package jsonl

import "github.com/mistralbridge/mistralbridge/bridge"

// span is a bridge.Span as the protocol writes it.
type span struct {
	Start   int     `json:"start"`
	Length  int     `json:"length"`
	Message *int    `json:"message"` // null of what belongs to none
	Role    *string `json:"role"`
	Kind    string  `json:"kind"`
	Within  *string `json:"within"`
	Weight  float64 `json:"weight"`
}

// AppendSpans appends the JSON of spans, as the op has it.
func AppendSpans(dst []byte, list []bridge.Span) []byte {
	if list == nil {
		return append(dst, "null"...)
	}
	out := make([]span, len(list))
	for i, s := range list {
		out[i] = span{Start: s.Start, Length: s.Len, Kind: string(s.Kind), Weight: s.Weight}
		if s.Message >= 0 {
			out[i].Message = &s.Message
		}
		if s.Role != "" {
			out[i].Role = &s.Role
		}
		if s.Within != "" {
			within := string(s.Within)
			out[i].Within = &within
		}
	}
	return AppendJSON(dst, out)
}
