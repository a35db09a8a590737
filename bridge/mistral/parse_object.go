package mistral

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// object reads the members of a JSON object that a type has fields for; the first
// that the type cannot say exactly stays in err.
type object struct {
	where   string
	members []pyjson.Member
	used    int
	err     error

	keeps    bool // what is read has a place for verbatim
	verbatim verbatim
}

// keep keeps the text of a member for which the field has no word, if there is a
// place for it.
func (o *object) keep(key, text string) bool {
	if o.keeps && o.verbatim == nil {
		o.verbatim = verbatim{}
	}
	if o.keeps {
		o.verbatim[key] = text
	}
	return o.keeps
}

// opt is raw, but nil for a null that was kept.
func (o *object) opt(key string) json.RawMessage {
	text := o.raw(key)
	if string(text) == "null" && o.keep(key, "null") {
		return nil
	}
	return text
}

func inexact(where, format string, args ...any) error {
	if where == "" {
		where = "the request"
	}
	return fmt.Errorf("%w: %s: %s", ErrInexact, strings.TrimPrefix(where, "."), fmt.Sprintf(format, args...))
}

func readObject(where string, text []byte) (*object, error) {
	if text == nil {
		return &object{}, nil // need has failed already
	}
	members, err := pyjson.Object(text)
	if err != nil {
		return nil, inexact(where, "%v", err)
	}
	for i, m := range members {
		if slices.ContainsFunc(members[:i], func(o pyjson.Member) bool { return o.Key == m.Key }) {
			return nil, inexact(where, "the key %q occurs twice", m.Key)
		}
		if i == maxMembers {
			return nil, inexact(where, "unknown keys")
		}
	}
	return &object{where: where, members: members}, nil
}

// maxMembers is more than any type has fields; it keeps the search for keys that
// occur twice short.
const maxMembers = 32

func (o *object) fail(format string, args ...any) {
	if o.err == nil {
		o.err = inexact(o.where, format, args...)
	}
}

// end fails if a member has not been asked for.
func (o *object) end() error {
	if o.err == nil && o.used < len(o.members) {
		o.fail("unknown keys")
	}
	return o.err
}

// raw is the text of a member, nil if it is absent. To be asked once for each key.
func (o *object) raw(key string) json.RawMessage {
	text := o.peek(key)
	if text != nil {
		o.used++
	}
	return text
}

func (o *object) peek(key string) json.RawMessage {
	for _, m := range o.members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

func (o *object) need(key string) []byte {
	text := o.raw(key)
	if text == nil {
		o.fail("%s is absent", key)
	}
	return text
}

func (o *object) stringOf(key string, text []byte) string {
	s, ok := pyjson.String(text)
	if !ok && text != nil {
		o.fail("%s is no string that UTF-8 can hold", key)
	}
	return s
}

func (o *object) string(key string) string { return o.stringOf(key, o.need(key)) }

func (o *object) constant(key, want string) {
	if o.string(key) != want {
		o.fail("%s is not %q", key, want)
	}
}

func (o *object) optString(key string) *string {
	text := o.opt(key)
	if text == nil {
		return nil
	}
	s := o.stringOf(key, text)
	return &s
}

func (o *object) optBool(key string) *bool {
	text := o.opt(key)
	if text == nil {
		return nil
	}
	b := string(text) == "true"
	if !b && string(text) != "false" {
		o.fail("%s is neither true nor false", key)
	}
	return &b
}

// flag is a bool for which there is no word but true.
func (o *object) flag(key string) bool {
	text := string(o.raw(key))
	switch {
	case text == "true":
		return true
	case text != "" && (text != "false" || !o.keep(key, text)):
		o.fail("%s is %s, not true", key, text)
	}
	return false
}

func (o *object) optInt(key string) *int64 {
	text := o.opt(key)
	if text == nil {
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(text) {
		o.fail("%s is no int64", key)
	}
	return &n
}

// optFloat takes a number that will be the same number of the same Python type when
// it is written again.
func (o *object) optFloat(key string) *float64 {
	text := string(o.opt(key))
	if text == "" {
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "NIntf") {
		o.fail("%s is no number that a float64 holds", key)
		return nil
	}
	again := jsonenc.FormatFloat(f)
	if again != text && (!isFloat(again) || !isFloat(text)) && !o.keep(key, text) {
		o.fail("%s would be written as %s", key, again)
	}
	return &f
}

// isFloat reports whether Python reads a number as a float.
func isFloat(number string) bool { return strings.ContainsAny(number, ".eE") }

// ordered reports whether the members are in the order of keys.
func (o *object) ordered(keys []string) bool {
	last := -1
	for _, m := range o.members {
		i := slices.Index(keys, m.Key)
		if i < last {
			return false
		}
		last = i
	}
	return true
}

func (o *object) order(keys ...string) {
	if !o.ordered(keys) {
		o.fail("the keys are in another order")
	}
}

// list reads a member that is a list: nil if it is absent, which fails if it must
// not be.
func list[T any](o *object, key string, must bool, parse func(string, []byte) (T, error)) []T {
	if must {
		if text := o.need(key); text != nil {
			return elements(o, key, text, parse)
		}
		return nil
	}
	if text := o.opt(key); text != nil {
		return elements(o, key, text, parse)
	}
	return nil
}

func elements[T any](o *object, key string, text []byte, parse func(string, []byte) (T, error)) []T {
	parts, err := pyjson.Array(text)
	if err != nil {
		o.fail("%s: %v", key, err)
		return nil
	}
	out := make([]T, 0, len(parts))
	for i, part := range parts {
		v, err := parse(fmt.Sprintf("%s.%s.%d", o.where, key, i), part)
		if err != nil {
			if o.err == nil {
				o.err = err
			}
			return nil
		}
		out = append(out, v)
	}
	return out
}
