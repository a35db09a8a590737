package corpus

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAll_sound(t *testing.T) {
	ids, inputs, count := map[string]bool{}, map[string]bool{}, map[Category]int{}
	for _, c := range All() {
		require.False(t, ids[c.ID], "%s twice", c.ID)
		ids[c.ID] = true
		input := string(c.Category) + c.Text + string(c.Request)
		assert.False(t, inputs[input], "%s: %q is there already", c.ID, input)
		inputs[input] = true
		assert.True(t, utf8.ValidString(c.Text), c.ID)
		assert.Equal(t, c.Category.IsChat(), c.Request != nil, c.ID)
		assert.Equal(t, c.Category.IsChat(), c.Text == "", c.ID)
		if c.Request != nil {
			assert.True(t, json.Valid(c.Request), "%s: %s", c.ID, c.Request)
		}
		assert.LessOrEqual(t, c.Len(), 40<<10, c.ID)
		count[c.Category]++
	}
	for _, c := range Categories() {
		assert.GreaterOrEqual(t, count[c], 20, string(c))
	}
	assert.Len(t, count, len(Categories()))
}

func TestAll_deterministic(t *testing.T) {
	assert.Equal(t, All(), All())
}

// Each of these is known to set implementations apart.
func TestAll_hardCases(t *testing.T) {
	var all strings.Builder
	for _, c := range All() {
		all.WriteString(c.Text + string(c.Request) + "\x00\x00")
	}
	for _, hard := range []string{
		"✗", "✓", "\n        ", "\r\n", "\u00a0", "\u200d", "\ufe0f", "🏽", "e\u0301", "ﬁ", "𠜎", "\x1b[", "[INST]", "<s>", "<0x0A>", "▁", "\ufeff",
		"12345", "1.50", `"prefix": true`, `\ud800`, `"tool_calls"`, strings.Repeat(" ", 24), strings.Repeat("a", 4096),
	} {
		assert.Contains(t, all.String(), hard)
	}
}
