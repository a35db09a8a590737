package pyjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 0, `"a"`: 0, ` NaN `: 0, `-Infinity`: 0, `Infinity`: 0, `null`: 0, `[]`: 1, `{}`: 1, `[1, {"a": [2]}, 3]`: 3,
		`{"a": {}, "b": []}`: 2, `-0.5e+10`: 0, "\t[\r\n1 ]": 1, `"\ud800"`: 0, `"\u00e9\\\""`: 0,
		strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000): 100_000,
	} {
		got, err := Depth([]byte(text))
		require.NoError(t, err, "%.40s", text)
		assert.Equal(t, want, got, "%.40s", text)
	}
}

func TestDepthRefuses(t *testing.T) {
	for text, offset := range map[string]int{
		``: 0, ` `: 1, `nan`: 0, `01`: 1, `1.`: 1, `.5`: 0, `+1`: 0, `1e`: 1, `-`: 0, `-NaN`: 0, `[1,]`: 3, `{"a":1,}`: 7, `{a:1}`: 1,
		`{"a" 1}`: 5, `[1 2]`: 3, `"a`: 0, `"\x"`: 1, `"\u12g4"`: 1, "\"a\nb\"": 2, `1 1`: 2, `[}`: 1, `{"a":1]`: 6, `tru`: 0, "\xef\xbb\xbf1": 0,
		`'a'`: 0, "[1]\x00": 3, `"a" "b"`: 4, `[`: 1, `{`: 1, `{"a"`: 4, `{"a":`: 5,
	} {
		_, err := Depth([]byte(text))
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, "%q", text)
		assert.Equal(t, offset, syntax.Offset, "%q: %v", text, err)
	}
}

func TestObjectKeepsOrderDuplicatesAndText(t *testing.T) {
	got, err := Object([]byte(` {"b" : 1.50, "\u0061":[NaN , 1e400],"b":{ "x":1 } , "":" \u00e9" } `))
	require.NoError(t, err)
	assert.Equal(t, []Member{
		{"b", []byte(`1.50`)}, {"a", []byte(`[NaN , 1e400]`)}, {"b", []byte(`{ "x":1 }`)}, {"", []byte(`" \u00e9"`)},
	}, got)
}

func TestArray(t *testing.T) {
	got, err := Array([]byte(`[ 1 ,"]", [2] ]`))
	require.NoError(t, err)
	assert.Equal(t, [][]byte{[]byte(`1`), []byte(`"]"`), []byte(`[2]`)}, got)
	_, err = Array([]byte(`{}`))
	assert.ErrorContains(t, err, "a list was expected")
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		`"a\/b\b\f\n\r\t\"\\"`: "a/b\b\f\n\r\t\"\\", `"\ud83d\ude00"`: "😀", `"\uD83D\uDE00x"`: "😀x", `""`: "", `"\u0000"`: "\x00",
		`"é\u00E9"`: "éé", `"\\u0041"`: `\u0041`,
	} {
		got, ok := String([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800\u0041"`, `"\ud83d`, `1`, `"a" `[:2], `null`, `"\ude00\ud83d"`} {
		_, ok := String([]byte(text))
		assert.False(t, ok, text)
	}
}

// FuzzAgainstEncodingJSON: what encoding/json takes, this takes too, with the same
// parts; what only this takes has a NaN or an Infinity in it.
func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"op":"x","args":{"request":{"messages":[{"role":"user","content":"\ud83d\ude00\n"}]},"max":null}}`,
		`[NaN,-Infinity,1e400,-0,0.10,[[[]]],{}]`, `"\ud800"`, `{"a":1,"a":2}`, "[1,2", `01`, `"\u12"`, ` { } `, `-`, `[1.5E-3,true,false,null]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := Depth(text)
		if !json.Valid(text) {
			if err == nil && len(text) < 10_000 && !bytes.Contains(text, []byte("NaN")) && !bytes.Contains(text, []byte("Infinity")) {
				t.Fatalf("takes %q", text)
			}
			return
		}
		if err != nil {
			// encoding/json gives up at a depth of 10,000 and not before.
			t.Fatalf("refuses %q: %v", text, err)
		}
		var list []json.RawMessage
		if json.Unmarshal(text, &list) == nil && list != nil {
			got, err := Array(text)
			require.NoError(t, err)
			require.Len(t, got, len(list))
			for i := range got {
				require.Equal(t, string(list[i]), string(got[i]))
			}
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(text, &object) == nil && object != nil {
			got, err := Object(text)
			require.NoError(t, err)
			last := map[string]string{}
			for _, m := range got {
				last[m.Key] = string(m.Value)
			}
			for _, m := range got {
				if utf8.ValidString(m.Key) && !strings.Contains(m.Key, "\ufffd") {
					require.Equal(t, string(object[m.Key]), last[m.Key])
				}
			}
		}
		var s string
		if json.Unmarshal(text, &s) == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte(`"`)) {
			if got, ok := String(text); ok {
				require.Equal(t, s, string([]rune(got)))
			} else {
				require.Contains(t, s, "\ufffd")
			}
		}
	})
}
