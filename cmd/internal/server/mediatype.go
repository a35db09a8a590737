package server

import (
	"net/http"
	"strings"
)

// contentType is the request's for the engine: nothing for JSON in any of its spellings,
// of which there are few that callers use. What another type means is the reference's to say.
func contentType(h http.Header) string {
	values := h["Content-Type"]
	if len(values) == 0 {
		return "none"
	}
	kind, _, _ := strings.Cut(values[0], ";")
	switch {
	case kind == "application/json", strings.EqualFold(kind, "application/json"):
		return ""
	case values[0] == "":
		return "none"
	}
	return values[0][:min(len(values[0]), 256)]
}
