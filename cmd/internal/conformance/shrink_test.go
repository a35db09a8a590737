package conformance

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

func TestShrinkText(t *testing.T) {
	text := "The river had risen ✗ in the night,\n    and nobody on the quay   could say ✓."
	for i, needs := range [][]string{{"✗"}, {"✗", "✓"}, {"\n  "}, {"   "}, {"T", "."}, {""}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			small := shrinkText(text, func(s string) bool {
				for _, n := range needs {
					if !strings.Contains(s, n) {
						return false
					}
				}
				return true
			})
			assert.Equal(t, strings.Join(needs, ""), small)
		})
	}
}

// What remains fails, and fails no more without any one of its parts.
func TestReduce_minimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 60).Draw(t, "list")
		least := rapid.IntRange(1, len(list)).Draw(t, "least")
		fails := func(l []int) bool {
			n := 0
			for _, x := range l {
				if x > 2 {
					n++
				}
			}
			return n >= least
		}
		if !fails(list) {
			t.Skip()
		}
		assert.Len(t, reduce(list, fails), least)
	})
}

func TestShrinkJSON(t *testing.T) {
	request := `{"model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hello \u00e9 <s> world"}]}], ` +
		`"temperature": 1.50, "tools": [{"b": 2.0, "a": 1e5}]}`
	small := shrinkJSON([]byte(request), func(b []byte) bool {
		return strings.Contains(string(b), "é") && strings.Contains(string(b), `"user"`)
	})
	assert.Equal(t, `{"messages": [{"role": "user", "content": [{"text": "é"}]}]}`, string(small))

	small = shrinkJSON([]byte(request), func(b []byte) bool { return strings.Contains(string(b), `{"b": 2.0, "a": 1e5}`) })
	assert.Equal(t, `{"tools": [{"b": 2.0, "a": 1e5}]}`, string(small), "numbers and the order of keys are as they were")
}

// Taking nothing out changes nothing that a tokenizer could see.
func TestParse_keepsText(t *testing.T) {
	for _, c := range corpus.All() {
		if c.Category.IsChat() {
			once := parse(c.Request).bytes()
			assert.Equal(t, string(once), string(parse(once).bytes()), c.ID)
			if !strings.Contains(string(c.Request), `\`) { // an escape may be written as what it stands for
				assert.Equal(t, string(c.Request), string(once), c.ID)
			}
		}
	}
}
