package engine

import (
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// pick finds the model that a request's "model" names. One that names none, or none that
// is served, is the first model's, whose answer then is that there is no such model.
func (s *models) pick(body []byte) *Model {
	if len(s.list) == 1 {
		return s.list[0]
	}
	members, err := pyjson.Object(inUTF8(body))
	if err != nil {
		return s.list[0] // the reference says what is wrong with it
	}
	name, _ := pyjson.String(pyjson.Last(members, "model"))
	if m, ok := s.byName[name]; ok {
		return m
	}
	return s.list[0]
}
