package server

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// inputLenKey is the query parameter that brings the reference's max_model_input_len, for
// which a body has no place.
const inputLenKey = "max_model_input_len"

// inputLen reads it; false: it is wrong, and has been answered as FastAPI would.
func (x *exchange) inputLen() (int, bool) {
	if !x.route.InputLen || x.r.URL.RawQuery == "" {
		return 0, true
	}
	query := x.r.URL.Query()
	if !query.Has(inputLenKey) {
		return 0, true
	}
	given := query.Get(inputLenKey)
	n, err := strconv.ParseInt(given, 10, 32)
	if err == nil && n > 0 {
		return int(n), true
	}
	kind, message := "int_parsing", "Input should be a valid integer, unable to parse string as an integer"
	if err == nil {
		kind, message = "greater_than", "Input should be greater than 0"
	}
	text, err := json.Marshal(map[string]any{"detail": []any{
		map[string]any{"type": kind, "loc": []string{"query", inputLenKey}, "msg": message, "input": given},
	}})
	if err != nil {
		text = []byte(`{}`) // strings cannot fail
	}
	x.json(http.StatusUnprocessableEntity, string(text))
	return 0, false
}
