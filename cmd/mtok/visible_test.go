package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a terminal would obey is written out; what people write is not touched.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain, tab\t and\nlines": "plain, tab\t and\nlines",
		"é 👩‍🚀 日本 \ufffd":         "é 👩‍🚀 日本 \ufffd",
		"\x1b[2J\x1b]0;x\a":       `\x1b[2J\x1b]0;x\x07`,
		"a\rb\x00\x7f":            `a\x0db\x00\x7f`,
		"\u009b31m":               `\x9b31m`,
		"\u202egpj":               `\u202egpj`,
		"\xff\xfe":                `\xff\xfe`,
	} {
		assert.Equal(t, want, visible(text))
	}
}

func TestEscaped_sameJSON(t *testing.T) {
	text := "a\x1b\u009b\u202e\x7f é\n"
	var b bytes.Buffer
	require.NoError(t, printJSON(&b, text))
	out := escaped(b.Bytes())
	for _, r := range string(out) {
		assert.False(t, unsafeRune(r), "%q", r)
	}
	var back string
	require.NoError(t, json.Unmarshal(out, &back))
	assert.Equal(t, text, back)
}
