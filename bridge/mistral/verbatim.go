package mistral

import "strconv"

// verbatim are the texts of members that were parsed in a form for which a field has
// no word: null, 1.0, a false that could be absent. Each is written again as long as
// the field has the value that the text stands for, so that parsing loses nothing and
// a caller who sets the field need not know.
type verbatim map[string]string

func (v verbatim) null(e *encoder, name string, absent bool) bool {
	if !absent || v[name] != "null" {
		return false
	}
	e.Key(name)
	e.Literal("null")
	return true
}

func (v verbatim) optString(e *encoder, name string, s *string) {
	if !v.null(e, name, s == nil) {
		e.OptString(name, s)
	}
}

func (v verbatim) optBool(e *encoder, name string, b *bool) {
	if !v.null(e, name, b == nil) {
		e.OptBool(name, b)
	}
}

func (v verbatim) optInt(e *encoder, name string, n *int64) {
	if !v.null(e, name, n == nil) {
		e.OptInt(name, n)
	}
}

func (v verbatim) optFloat(e *encoder, name string, f *float64) {
	if v.null(e, name, f == nil) {
		return
	}
	if text := v[name]; f != nil && text != "" {
		if as, err := strconv.ParseFloat(text, 64); err == nil && as == *f {
			e.Key(name)
			e.Literal(text)
			return
		}
	}
	e.OptFloat(name, f)
}

// flag is a bool that is left out when false.
func (v verbatim) flag(e *encoder, name string, b bool) {
	if b || v[name] == "false" {
		e.Key(name)
		e.Literal(strconv.FormatBool(b))
	}
}

// encodeList writes a list: absent if it is nil.
func encodeList[T part](e *encoder, v verbatim, name string, items []T) {
	if v.null(e, name, items == nil) || items == nil {
		return
	}
	e.Key(name)
	e.Open('[')
	for i, item := range items {
		element(e, name, i, item)
	}
	e.Close(']')
}

func encodeMessages(e *encoder, messages []Message) {
	e.Key("messages")
	messageList(messages).encode(e)
}

// sampling writes the four members that every request has and that change no token.
func (v verbatim) sampling(e *encoder, temperature, topP *float64, maxTokens, randomSeed *int64) {
	v.optFloat(e, "temperature", temperature)
	v.optFloat(e, "top_p", topP)
	v.optInt(e, "max_tokens", maxTokens)
	v.optInt(e, "random_seed", randomSeed)
}
