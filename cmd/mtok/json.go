package main

import (
	"encoding/json"
	"io"
)

// printJSON prints v as one line of JSON, with <s> and the like left readable.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
