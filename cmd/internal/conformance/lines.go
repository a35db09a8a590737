package conformance

import (
	"encoding/json"
	"errors"
)

// wire is a question as a request of the line protocol.
func (q Question) wire() (op string, args map[string]any) {
	switch q.Op {
	case Encode:
		return "raw", map[string]any{"m": "encode", "a": []any{q.Text, false, false}}
	case Decode:
		ids := q.IDs
		if ids == nil {
			ids = []int32{}
		}
		return "decode", map[string]any{"tokens": ids, "policy": "ignore"}
	case Chat:
		return "encode_chat_completion", map[string]any{"request": q.Request, "want": []string{"tokens"}}
	}
	if q.Request != nil {
		return "count", map[string]any{"request": q.Request}
	}
	return "count", map[string]any{"text": q.Text}
}

var errShape = errors.New("not of the shape that was asked for")

// read reads what came after "ok".
func (q Question) read(ok json.RawMessage) (a Answer, err error) {
	if string(ok) == "null" {
		return a, errShape
	}
	switch q.Op {
	case Encode:
		err = json.Unmarshal(ok, &a.IDs)
	case Decode:
		err = json.Unmarshal(ok, &a.Text)
	case Chat:
		var found struct {
			Tokens *[]int32 `json:"tokens"`
		}
		if err = json.Unmarshal(ok, &found); err == nil && found.Tokens == nil {
			err = errShape
		}
		if err == nil {
			a.IDs = *found.Tokens
		}
	case Count:
		err = json.Unmarshal(ok, &a.N)
	}
	return a, err
}
