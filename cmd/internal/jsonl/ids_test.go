package jsonl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

// What is no id is named by its place: package json would take null for 0.
func TestParseIDs(t *testing.T) {
	for text, want := range map[string][]int32{"[]": {}, " [ 1,\n-2 ,2147483647]\n": {1, -2, 2147483647}} {
		got, err := jsonl.ParseIDs([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	for text, place := range map[string]string{
		"": "tokens", "null": "tokens", "7": "tokens", `"a"`: "tokens", "{}": "tokens", "[1": "tokens", "[1,]": "tokens", "[1] 2": "tokens",
		"[null]": "tokens[0]", "[1, null]": "tokens[1]", "[5,6,null,7]": "tokens[2]", "[1,2.5,null]": "tokens[1]", "[1,2,2147483648,4]": "tokens[2]",
		"[1,1e3]": "tokens[1]", `[1,"a,b",2]`: "tokens[1]", "[1,2,[3,4]]": "tokens[2]", "[[1]]": "tokens[0]", "[1,true]": "tokens[1]", `[{"a":1}]`: "tokens[0]",
	} {
		_, err := jsonl.ParseIDs([]byte(text))
		var input *mistral.InputError
		require.ErrorAs(t, err, &input, text)
		assert.Equal(t, place, input.Place, text)
	}
}
