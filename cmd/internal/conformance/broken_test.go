package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// remembering is the reference, asked once for each answer: most of what each of the broken ones is asked is the same.
type remembering struct{ *Embedded }

var answers = map[string]Answer{}

func (remembering) Ask(ctx context.Context, tokenizer string, q Question) (Answer, error) {
	question := fmt.Sprintf("%q %q %q %q %v", tokenizer, q.Op, q.Text, q.Request, q.IDs)
	a, ok := answers[question]
	if !ok {
		var err error
		if a, err = real.Ask(ctx, tokenizer, q); err != nil {
			return a, err
		}
		answers[question] = a
	}
	a.IDs = slices.Clone(a.IDs)
	return a, nil
}

// broken is the reference with one thing wrong, as an implementation has it.
type broken struct {
	text    func(string) string
	request func(map[string]json.RawMessage)
	answer  func(Question, *Answer)
}

func (b broken) Ask(ctx context.Context, tokenizer string, q Question) (Answer, error) {
	if b.text != nil && q.Op == Encode {
		q.Text = b.text(q.Text)
	}
	if b.request != nil && q.Request != nil {
		var members map[string]json.RawMessage
		if json.Unmarshal(q.Request, &members) == nil {
			b.request(members)
			q.Request, _ = json.Marshal(members)
		}
	}
	a, err := remembering{real}.Ask(ctx, tokenizer, q)
	if b.answer != nil {
		b.answer(q, &a)
	}
	return a, err
}

func without(unwanted func(rune) bool) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if unwanted(r) {
				return -1
			}
			return r
		}, s)
	}
}

// messages changes the list of messages of a request, if it has one.
func messages(change func([]json.RawMessage) []json.RawMessage) func(map[string]json.RawMessage) {
	return func(members map[string]json.RawMessage) {
		var list []json.RawMessage
		if json.Unmarshal(members["messages"], &list) == nil && len(list) > 0 {
			members["messages"], _ = json.Marshal(change(list))
		}
	}
}

var manySpaces = regexp.MustCompile(` {2,}`)

// Each has the categories that it breaks, all of them, and what the smallest failing
// input in the first of them has to be.
var breakages = map[string]struct {
	broken
	breaks   []corpus.Category
	smallest string
}{
	"accents are dropped": {
		broken{text: without(func(r rune) bool { return unicode.Is(unicode.Mn, r) && r < 0x3000 })},
		[]corpus.Category{corpus.Languages, corpus.Controls, corpus.Long}, "",
	},
	"tabs are four spaces": {
		broken{text: func(s string) string { return strings.ReplaceAll(s, "\t", "    ") }},
		[]corpus.Category{corpus.Code, corpus.Whitespace, corpus.Controls, corpus.Long}, "\t",
	},
	"spaces in a row are one": {
		broken{text: func(s string) string { return manySpaces.ReplaceAllString(s, " ") }},
		[]corpus.Category{corpus.Whitespace, corpus.Code, corpus.Long}, "  ",
	},
	"joiners are dropped": {
		broken{text: without(func(r rune) bool { return r == 0x200d })},
		[]corpus.Category{corpus.Emoji, corpus.Languages, corpus.Controls, corpus.Long}, "\u200d",
	},
	"digits are made ASCII": {
		broken{text: func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Nd, r) {
					return '0' + (r-'0')%10
				}
				return r
			}, s)
		}},
		[]corpus.Category{corpus.Numbers, corpus.Languages, corpus.Long}, "",
	},
	"bells are dropped": {
		broken{text: without(func(r rune) bool { return r == 7 })},
		[]corpus.Category{corpus.Controls}, "\a",
	},
	"special tokens are read in texts": {
		broken{text: func(s string) string { return strings.ReplaceAll(s, "[INST]", "") }},
		[]corpus.Category{corpus.Lookalikes, corpus.Long}, "[INST]",
	},
	"long texts are cut": {
		broken{text: func(s string) string { return strings.ToValidUTF8(s[:min(len(s), 3000)], "") }},
		[]corpus.Category{corpus.Long}, "",
	},
	"decoding trims": {
		broken{answer: func(q Question, a *Answer) {
			if q.Op == Decode {
				a.Text = strings.TrimRight(a.Text, " ")
			}
		}},
		[]corpus.Category{corpus.Whitespace, corpus.Code, corpus.Emoji, corpus.Controls, corpus.Lookalikes, corpus.Long}, " ",
	},
	"prefixes are closed": {
		broken{request: messages(func(list []json.RawMessage) []json.RawMessage {
			for i, m := range list {
				list[i] = []byte(strings.Replace(string(m), `"prefix": true`, `"prefix": false`, 1))
			}
			return list
		})},
		[]corpus.Category{corpus.Chat, corpus.Turns, corpus.Errors}, "",
	},
	"tools are dropped": {
		broken{request: func(m map[string]json.RawMessage) { delete(m, "tools") }},
		[]corpus.Category{corpus.Tools, corpus.Errors}, "",
	},
	"only the last turn counts": {
		broken{request: messages(func(list []json.RawMessage) []json.RawMessage {
			if len(list) > 4 {
				return list[len(list)-1:]
			}
			return list
		})},
		[]corpus.Category{corpus.Turns, corpus.Tools}, "",
	},
	"nothing is refused": {
		broken{answer: func(_ Question, a *Answer) {
			if a.Refused != "" {
				*a = Answer{IDs: []int32{1, 2}}
			}
		}},
		[]corpus.Category{corpus.Errors, corpus.Chat, corpus.Turns, corpus.Tools}, "",
	},
}

func score(t *testing.T, b Asker, supports ...Op) *TokenizerResult {
	t.Helper()
	r := &tokenizerRun{
		checker: checker{remembering{real}, b, "v3"}, info: &Info{Supports: supports},
		cfg: Config{NoSpeed: true, Probes: 60}.withDefaults(), result: &TokenizerResult{Name: "v3"},
	}
	require.NoError(t, r.run(t.Context(), corpus.All()))
	return r.result
}

// A wrong implementation is caught in every category that it breaks, and in no other.
func TestRun_brokenImplementations(t *testing.T) {
	covered := map[corpus.Category]bool{}
	for name, x := range breakages {
		t.Run(name, func(t *testing.T) {
			supports := []Op{Encode, Chat}
			if name == "decoding trims" {
				supports[0] = Decode
			}
			result := score(t, x.broken, supports...)
			var caught []corpus.Category
			for _, c := range corpus.Categories() {
				s := result.Category(c)
				require.Positive(t, s.Total)
				if s.Passed < s.Total {
					caught = append(caught, c)
					covered[c] = true
				}
			}
			assert.ElementsMatch(t, x.breaks, caught)
			require.NotEmpty(t, result.Failures)
			seen := false
			for _, f := range result.Failures {
				if f.Category == x.breaks[0] && x.smallest != "" && !seen {
					seen = true
					assert.Equal(t, x.smallest, f.Input)
				}
				if f.Kind == Wrong && f.Op != Decode {
					require.NotNil(t, f.Tokens)
					assert.NotEqual(t, f.Tokens.Want, f.Tokens.Got, f.Input)
				}
			}
		})
	}
	for _, c := range corpus.Categories() {
		assert.True(t, covered[c], "no breakage for %s", c)
	}
}

// Two causes in one category are reported separately.
func TestRun_causes(t *testing.T) {
	result := score(t, broken{text: func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, "✗", "x"), "🚀", "")
	}}, Encode)
	var inputs []string
	cases := 0
	for _, f := range result.Failures {
		assert.Len(t, f.Cases, f.Count)
		if f.Category == corpus.Emoji {
			inputs = append(inputs, f.Input)
			cases += f.Count
		}
	}
	assert.ElementsMatch(t, []string{"✗", "🚀"}, inputs)
	s := result.Category(corpus.Emoji)
	assert.Equal(t, s.Total-s.Passed, cases)
}

// The first difference is reported with its pieces, and without them for ids that do not exist.
func TestDifference(t *testing.T) {
	want, err := real.Ask(t.Context(), "v3", Question{Op: Encode, Text: "The river had risen"})
	require.NoError(t, err)
	got := append([]int32{}, want.IDs...)
	got[2] = 1 << 20
	d, err := differ(t.Context(), real, "v3", want.IDs, got[:3])
	require.NoError(t, err)
	assert.Equal(t, 2, d.At)
	assert.Equal(t, fmt.Sprintf(`after [%d "▁The", %d "▁river"] the reference has [%d "▁had", %d "▁ris", %d "en"], it has [1048576 ]`,
		want.IDs[0], want.IDs[1], want.IDs[2], want.IDs[3], want.IDs[4]), d.String())

	d, err = differ(t.Context(), real, "v3", want.IDs, want.IDs[:1])
	require.NoError(t, err)
	assert.Equal(t, 1, d.At)
	assert.Empty(t, d.Got)
}
