package bulk

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// Every record is a document or a reject with its place, its class and its reason, in order.
func TestRejects(t *testing.T) {
	records := []struct{ raw, class, message string }{
		{"{\"text\": \"good\"}\n", "", ""},
		{"not json\n", "json", "'n' where an object was expected at byte 0"},
		{"{\"text\": \"a\n", "json", "a string that does not end at byte 9"},
		{"[\"text\"]\n", "json", "an object was expected"},
		{"{\"x\": {\"text\": \"deeper\"}}\n", "field", `there is no field "text"`},
		{"{\"text\": null}\n", "field", `the field "text" is no string`},
		{"{\"text\": \"a\xffb\"}\r\n", "utf8", "byte 11 is no UTF-8"},
		{"{\"text\": \"\\ud800\"}\n", "surrogate", "half of a surrogate pair"},
		{"{\"text\": \"\\ud83d\\ude00 \\u0000\", \"text\": \"twice\"}\n", "", ""},
		{"{\"text\": \"" + strings.Repeat("x", 200) + "\"}\n", "size", "213 bytes, where --max-record allows 200"},
		{"\ufeff{\"text\": \"a mark where none may be\"}\n", "json", "a byte order mark"},
		{"{\"text\": \"refused\"}\n", "reference", "builtins.ValueError: no such letter"},
		{"{\"text\": NaN, \"text\": \"NaN\"}\n", "", ""},
		{"{\"text\": \"\"}\n", "", ""},
		{"\x00\n", "json", "an object was expected"},
		{"{\"text\": \"cut o", "json", ""},
	}
	var text strings.Builder
	for _, r := range records {
		text.WriteString(r.raw + "\n \n")
	}
	p := made(t, map[string]string{"in.jsonl": strings.TrimSuffix(text.String(), "\n \n")}, plan.Options{MaxRecord: 200})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 3, Limit: anyRejects}))
	var got []Reject
	require.NoError(t, Rejects(at(t, out), func(r Reject) error {
		got = append(got, r)
		return nil
	}))
	next, rejected := 0, 0
	for i, r := range records {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			at := strings.Index(text.String()[next:], r.raw) + next
			next = at + len(r.raw)
			if r.class == "" {
				return
			}
			require.Less(t, rejected, len(got))
			assert.Equal(t, [4]string{p.Inputs[0].Path, fmt.Sprint(at), fmt.Sprint(len(r.raw)), r.class},
				[4]string{got[rejected].File, fmt.Sprint(*got[rejected].Offset), fmt.Sprint(got[rejected].Length), string(got[rejected].Class)}, r.raw)
			assert.Contains(t, got[rejected].Message, r.message)
			if r.class != "size" {
				assert.Equal(t, r.raw, string(got[rejected].Raw))
			}
			rejected++
		})
	}
	assert.Len(t, got, rejected)
	st, err := ReadStatus(at(t, out))
	require.NoError(t, err)
	assert.Equal(t, Counts{Bytes: p.Bytes(), Records: int64(len(records)), Documents: 3, Empty: 1, Rejected: int64(rejected),
		Blank: 2 * int64(len(records)-1), Tokens: 4 + 5 + 3, TextBytes: 4 + 5 + 3}, st.Counts)
	assert.NotEmpty(t, st.Digest)
}

// Lines are taken as they are.
func TestLines(t *testing.T) {
	p := made(t, map[string]string{"in.txt": "\ufeffone\r\n\n two \n\xff\n{\"text\": \"a\"}\nend"}, plan.Options{Records: plan.Lines, ShardBytes: 4})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
	for n, want := range []string{"one", " two ", "{\"text\": \"a\"}", "end"} {
		t.Run(want, func(t *testing.T) {
			d, err := Document(at(t, out), int64(n))
			require.NoError(t, err)
			got := make([]byte, 0, len(d.IDs))
			for _, id := range d.IDs {
				got = append(got, byte(id))
			}
			assert.Equal(t, want, string(got))
		})
	}
	_, err := Document(at(t, out), 4)
	assert.ErrorIs(t, err, ErrNoDocument)
}

// Too many rejects end the run; allowed, it is complete without anything being made anew.
func TestRejects_limit(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, out := whole(t, p), t.TempDir()
	var limit *LimitError
	require.ErrorAs(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: Limit{Count: 1}}), &limit)
	require.ErrorAs(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: Limit{Share: 0.05}}), &limit)
	assert.Equal(t, int64(2), limit.Rejected)
	st, err := ReadStatus(at(t, out))
	require.NoError(t, err)
	assert.Empty(t, st.Digest)
	assert.Equal(t, 3, st.Committed, "it was sure before the last shard")
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: Limit{Share: 0.1}, At: func(point string) {
		if strings.HasPrefix(point, "begin") {
			assert.Equal(t, "begin 3", point)
		}
	}}))
	assert.Equal(t, want, tree(t, out))

	out = t.TempDir()
	var rejected *RejectedError
	require.ErrorAs(t, runIn(t.Context(), out, p, Config{FailFast: true, Parallel: 1}), &rejected)
	assert.Equal(t, Class("reference"), rejected.Reject.Class)
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	assert.Equal(t, want, tree(t, out))

	for text, want := range map[string]Limit{"0": {}, "10": {Count: 10}, "0.1%": {Share: 0.001}, "100%": {Share: 1}, "none": {None: true}} {
		t.Run(text, func(t *testing.T) {
			got, err := ParseLimit(text)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	for _, text := range []string{"", "-1", "1.5", "101%", "%", "all", "-1%", "NaN%"} {
		_, err := ParseLimit(text)
		assert.Error(t, err, text)
	}
}

// A shard without ids has no files of them: what cannot be mapped into memory is not there.
func TestRejects_noIDs(t *testing.T) {
	p := made(t, map[string]string{"a.jsonl": "{\"text\": \"\"}\nbad\n", "b.jsonl": "\n\n", "c.jsonl": "{\"text\": \"c\"}", "d.jsonl": ""}, plan.Options{ShardBytes: 2})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
	shards, err := os.ReadDir(filepath.Join(out, "shards"))
	require.NoError(t, err)
	assert.Len(t, shards, 2)
	for n, want := range [][]int32{{}, {'c'}} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			d, err := Document(at(t, out), int64(n))
			require.NoError(t, err)
			assert.Equal(t, want, d.IDs)
		})
	}
	for i, encode := range []Encode{nil, letters} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: 1, Encode: encode})
			require.NoError(t, err)
			assert.Empty(t, r.Differences)
			assert.Equal(t, int64(2), r.Documents)
		})
	}
	// No input at all is a whole corpus too.
	out = t.TempDir()
	require.NoError(t, runIn(t.Context(), out, made(t, map[string]string{"a.jsonl": ""}, plan.Options{}), Config{}))
	assert.FileExists(t, filepath.Join(out, ManifestName))
}
