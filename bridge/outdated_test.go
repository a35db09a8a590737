package bridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutdated(t *testing.T) {
	assert.Empty(t, outdated(map[string]string{"mistral-common": "1.13.1", "sentencepiece": "0.2.3", "tiktoken": "0.14.0"}))
	assert.Empty(t, outdated(map[string]string{"sentencepiece": "0.2.2", "tiktoken": "1.0"}))
	found := outdated(map[string]string{"mistral-common": "1.9.9", "sentencepiece": "0.2.1", "tiktoken": "0.9.0"})
	require.Len(t, found, 3)
	assert.Contains(t, found[1].Text, "sentencepiece 0.2.1 holds Python's lock")
	assert.Contains(t, found[1].Text, "install 0.2.2 or later")
}

func TestOlder(t *testing.T) {
	assert.True(t, older("0.9.0", "0.13.0"))
	assert.True(t, older("0.2", "0.2.1"))
	assert.False(t, older("0.13.0", "0.9.0"))
	assert.False(t, older("1.0", "1.0"))
	assert.False(t, older("1.0.dev1", "1.0.2"), "what is no number is not judged")
}
