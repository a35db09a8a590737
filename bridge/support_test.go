package bridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/pyshim"
)

func TestUnsupportedPackages(t *testing.T) {
	whole := map[string]string{"mistral-common": "1.8.2", "sentencepiece": "0.2.0", "soundfile": "0.13.1"}
	assert.Empty(t, unsupportedPackages(whole, "sentencepiece", "soundfile"))
	assert.Empty(t, unsupportedPackages(map[string]string{}))
	found := unsupportedPackages(map[string]string{"mistral-common": "1.8.1"}, "sentencepiece", "soundfile")
	require.Len(t, found, 3)
	assert.Contains(t, found[0].Text, "mistral-common 1.8.1 is older than 1.8.2")
	assert.Contains(t, found[1].Text, "sentencepiece is not installed: tokenizers of SentencePiece")
	assert.Contains(t, found[1].Text, "install mistral-common[sentencepiece]")
	assert.Contains(t, found[2].Text, "soundfile is not installed: requests with audio are refused")
}

func TestFloor(t *testing.T) {
	sources, _, err := pyshim.Sources()
	require.NoError(t, err)
	assert.Contains(t, sources["pyshim/tokenizers/releases.py"], "\nFLOOR = \""+floor+"\"\n")
}
