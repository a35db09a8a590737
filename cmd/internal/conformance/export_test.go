package conformance

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// Everything in an export can be checked against the reference again.
func TestExport(t *testing.T) {
	var b bytes.Buffer
	cfg := Config{Tokenizers: []string{"v2"}, Categories: []corpus.Category{corpus.Emoji, corpus.Errors}}
	require.NoError(t, Export(t.Context(), real, Report{Corpus: corpus.Name(), Packages: map[string]string{"mistral-common": "1.13.1"}}, cfg, &b))
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	var head exportHead
	require.NoError(t, json.Unmarshal(lines[0], &head))
	assert.Equal(t, "1.13.1", head.Packages["mistral-common"])
	texts, refused := 0, 0
	for _, line := range lines[1:] {
		var x exportLine
		require.NoError(t, json.Unmarshal(line, &x))
		assert.Equal(t, "v2", x.Tokenizer)
		op := Encode
		if x.Request != nil {
			op = Chat
		} else {
			texts++
			require.NotNil(t, x.Decoded)
			assert.Equal(t, x.Text, *x.Decoded)
		}
		a, err := real.Ask(t.Context(), "v2", Question{Op: op, Text: x.Text, Request: x.Request})
		require.NoError(t, err)
		assert.Equal(t, a.IDs, x.Tokens)
		assert.Equal(t, a.Refused, x.Refused)
		if x.Refused != "" {
			refused++
			assert.Nil(t, x.Tokens)
		}
	}
	assert.Greater(t, texts, 100)
	assert.Greater(t, refused, 20)
}
