package jsonl

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// request is one line, taken apart; what is to reach Python is still its text.
type request struct {
	id   []byte // any JSON, echoed as it is; nil: absent
	op   string
	h    string
	text []byte // of the args
	args []pyjson.Member
}

// parseRequest returns what could be read even if there is an error, so that the
// answer carries the id.
func parseRequest(text []byte) (*request, error) {
	r := &request{}
	if at := invalidUTF8(text); at >= 0 {
		return r, &protoError{"InvalidUTF8", fmt.Sprintf("the line is not UTF-8 at byte %d", at)}
	}
	members, err := pyjson.Object(text)
	if err != nil {
		return r, &protoError{"BadLine", fmt.Sprintf(`the line is no request: %v; a request is {"id": …, "op": "…", "args": {…}}`, err)}
	}
	r.id = pyjson.Last(members, "id")
	var ok bool
	if r.op, ok = pyjson.String(pyjson.Last(members, "op")); !ok {
		return r, badArguments(`"op" has to be a string, one of %s`, strings.Join(names(), ", "))
	}
	if h := pyjson.Last(members, "h"); h != nil && string(h) != "null" {
		if r.h, ok = pyjson.String(h); !ok {
			return r, badArguments(`"h" has to be a string: the handle that load gave`)
		}
	}
	if r.text = pyjson.Last(members, "args"); r.text == nil || string(r.text) == "null" {
		r.text = nil
		return r, nil
	}
	if r.args, err = pyjson.Object(r.text); err != nil {
		return r, badArguments(`"args" has to be an object`)
	}
	return r, nil
}

// arg is the text of an argument; nil if it is absent or null.
func (r *request) arg(key string) []byte {
	text := pyjson.Last(r.args, key)
	if string(text) == "null" {
		return nil
	}
	return text
}

func (r *request) str(key string) (string, error) {
	text := r.arg(key)
	if text == nil {
		return "", nil
	}
	s, ok := pyjson.String(text)
	if !ok {
		return "", r.notText(strconv.Quote(key), text)
	}
	return s, nil
}

// notText says why a value gives no text of Go's. A string that is none has a surrogate by
// itself, which Go's cannot hold.
func (r *request) notText(what string, text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte(`"`)) {
		return badArguments("%s: %s holds a lone surrogate, which is no character", r.op, what)
	}
	return badArguments("%s: %s has to be a string", r.op, what)
}

func (r *request) length(key string) (int, error) {
	text := r.arg(key)
	if text == nil {
		return -1, nil
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || n < 0 {
		return 0, badArguments("%s: %q has to be null or a whole number from 0 to 2147483647", r.op, key)
	}
	return int(n), nil
}

// only refuses arguments that the op does not have: a misspelt one would
// otherwise be left out without a word.
func (r *request) only(keys ...string) error {
	for _, m := range r.args {
		if !slices.Contains(keys, m.Key) {
			has := "none"
			if len(keys) > 0 {
				has = strings.Join(keys, ", ")
			}
			return badArguments("%s has no argument %q; it has %s", r.op, m.Key, has)
		}
	}
	return nil
}

// invalidUTF8 is where text stops being UTF-8, -1 if it does not.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// method is the name of the method that raw and vllm_raw are to call.
func (r *request) method() (string, error) {
	if err := r.only("m", "a", "k"); err != nil {
		return "", err
	}
	m, err := r.str("m")
	if err == nil && m == "" {
		err = badArguments(`%s needs "m", the name of a method`, r.op)
	}
	return m, err
}
