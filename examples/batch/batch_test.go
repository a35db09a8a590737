package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCount(t *testing.T) {
	in := `{"custom_id":"a","method":"POST","body":{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}}

no JSON
{"custom_id":"b","body":{"messages":[],"functions":[{"name":"f"}]}}
{"custom_id":"c","body":{"messages":[{"role":"user","content":"Hello"}]}}`
	var out bytes.Buffer
	require.NoError(t, count(t.Context(), tok, strings.NewReader(in), &out, false))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 4)
	assert.Equal(t, `{"custom_id":"a","tokens":4}`, lines[0])
	assert.Contains(t, lines[1], "invalid character")
	assert.Contains(t, lines[2], `"custom_id":"b"`)
	assert.Contains(t, lines[2], "functions: ")
	assert.Equal(t, `{"custom_id":"c","tokens":4}`, lines[3])

	out.Reset()
	require.NoError(t, count(t.Context(), tok, strings.NewReader(in[:strings.Index(in, "\n")]), &out, true))
	assert.Equal(t, `{"custom_id":"a","tokens":4,"ids":[1,3,22177,4]}`+"\n", out.String())
}
