package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

var (
	errNoIDs = errors.New("it has to be a list of ids, whole numbers of 32 bits")
	errNoID  = errors.New("it is no id, a whole number of 32 bits")
)

// ParseIDs reads a list of token ids in JSON. Errors: *mistral.InputError, whose place is
// tokens, or tokens[2] where an element is none.
func ParseIDs(text []byte) ([]int32, error) {
	var ids []int32
	err := json.Unmarshal(text, &ids)
	open := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	switch {
	case errors.As(err, new(*json.SyntaxError)) || open == len(text) || text[open] != '[':
		return nil, &mistral.InputError{Place: "tokens", Offset: -1, Err: errNoIDs}
	case err == nil && !bytes.Contains(text, []byte("null")): // which package json takes for 0
		return ids, nil
	}
	// Before the first element that is none are whole numbers alone, and so a comma for each.
	at := open + 1 + bytes.IndexFunc(text[open+1:], func(r rune) bool { return !strings.ContainsRune("-0123456789, \t\r\n", r) })
	if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) && strings.HasPrefix(kind.Value, "number") {
		at = min(int(kind.Offset), len(text))
	}
	return nil, &mistral.InputError{Place: element(bytes.Count(text[:at], []byte{','})), Offset: -1, Err: errNoID}
}

func element(index int) string { return "tokens[" + strconv.Itoa(index) + "]" }
