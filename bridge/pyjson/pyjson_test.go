package pyjson

import (
	"bytes"
	"encoding/json"
	"strconv"
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
		assert.NoError(t, Check([]byte(text)), "%.40s", text)
		assert.Equal(t, want < 64, valid([]byte(text)), "%.40s", text)
		assert.Equal(t, want, got, "%.40s", text)
	}
}

func TestDepth_errors(t *testing.T) {
	for text, offset := range map[string]int{
		``: 0, ` `: 1, `nan`: 0, `01`: 1, `1.`: 1, `.5`: 0, `+1`: 0, `1e`: 1, `-`: 0, `-NaN`: 0, `[1,]`: 3, `{"a":1,}`: 7, `{a:1}`: 1,
		`{"a" 1}`: 5, `[1 2]`: 3, `"a`: 0, `"\x"`: 1, `"\u12g4"`: 1, "\"a\nb\"": 2, `1 1`: 2, `[}`: 1, `{"a":1]`: 6, `tru`: 0, "\xef\xbb\xbf1": 0,
		`'a'`: 0, "[1]\x00": 3, `"a" "b"`: 4, `[`: 1, `{`: 1, `{"a"`: 4, `{"a":`: 5,
	} {
		_, err := Depth([]byte(text))
		assert.False(t, valid([]byte(text)), text)
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, "%q", text)
		assert.Equal(t, offset, syntax.Offset, "%q: %v", text, err)
	}
}

func TestObject(t *testing.T) {
	got, err := Object([]byte(` {"b" : 1.50, "\u0061":[NaN , 1e400],"b":{ "x":1 } , "":" \u00e9" } `))
	require.NoError(t, err)
	assert.Equal(t, []Member{
		{"b", []byte(`"b"`), []byte(`1.50`)}, {"a", []byte(`"\u0061"`), []byte(`[NaN , 1e400]`)},
		{"b", []byte(`"b"`), []byte(`{ "x":1 }`)}, {"", []byte(`""`), []byte(`" \u00e9"`)},
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
		if (Check(text) == nil) != (err == nil) || (valid(text) && err != nil) {
			t.Fatalf("Check and Depth differ on %q: %v", text, err)
		}
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

func TestCheck_allocations(t *testing.T) {
	text := []byte(`{"type":"object","properties":{"a":{"type":"string","enum":["x","\u00e9",null,-1.5e3,NaN]}},"required":["a"]}`)
	text = append(append(bytes.Repeat([]byte("["), 60), text...), bytes.Repeat([]byte("]"), 60)...)
	require.NoError(t, Check(text))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = Check(text) }))
}

// A value that is cut anywhere says so, and no whole one does.
func TestSyntaxError_Truncated(t *testing.T) {
	whole := `{"a":[1,"\u00e9\n\\ long enough for a word",{"b":{}}],"c":"x","d":[true,-Infinity]}`
	for n := range len(whole) {
		var syntax *SyntaxError
		require.ErrorAs(t, Check([]byte(whole[:n])), &syntax, whole[:n])
		assert.True(t, syntax.Truncated, "%s: %v", whole[:n], syntax)
	}
	for _, text := range []string{`{]`, `1 2`, `"\x"`, `"\u00g`, "\"a\nb\"", `}`, `[1}`} {
		var syntax *SyntaxError
		require.ErrorAs(t, Check([]byte(text)), &syntax, text)
		assert.False(t, syntax.Truncated, "%s: %v", text, syntax)
	}
}

// A string is looked at eight bytes at a time: each byte, at each place of a word.
func TestString_everyByte(t *testing.T) {
	for n := range 20 {
		for c := range 256 {
			text := append(append([]byte(`"`), bytes.Repeat([]byte("\xffa\x7f \x21"), 4)[:n]...), byte(c))
			text = append(text, "\xff\x80!#[]~\x7f-----------\""...)
			err := Check(text)
			if want := c >= ' ' && c != '"' && c != '\\'; want != (err == nil) {
				t.Fatalf("%d bytes and %#x: %v", n, c, err)
			}
		}
	}
}

// Brackets of both kinds, deeper than a word has bits, and each of them closed wrongly.
func TestCheck_brackets(t *testing.T) {
	for _, depth := range []int{1, 63, 64, 65, 127, 128, 129, 500, 2000} {
		t.Run(strconv.Itoa(depth), func(t *testing.T) {
			var open, closing []byte
			for i := range depth {
				if i%3 == 0 {
					open, closing = append(open, `{"a":`...), append(closing, '}')
				} else {
					open, closing = append(open, '['), append(closing, ']')
				}
			}
			for i := range depth / 2 {
				closing[i], closing[depth-1-i] = closing[depth-1-i], closing[i]
			}
			whole := append(append(open, '1'), closing...)
			got, err := Depth(whole)
			require.NoError(t, err, depth)
			assert.Equal(t, depth, got)
			for i := range depth {
				at := len(whole) - depth + i
				right := whole[at]
				whole[at] = ']' + '}' - right
				assert.Error(t, Check(whole), "%d: %d", depth, i)
				assert.False(t, valid(whole))
				whole[at] = right
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	schema := []byte(`{"type":"object","properties":{"city":{"type":"string","description":"A city, and its country"},"days":{"type":"integer","minimum":1}},"required":["city"]},`)
	for name, text := range map[string][]byte{
		"schema": append(append([]byte("["), bytes.Repeat(schema, 100<<10/len(schema))...), "0]"...),
		"text":   append(append([]byte(`"`), bytes.Repeat([]byte("The quick brown fox, naïve façade. "), 100<<10/37)...), '"'),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Check(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
