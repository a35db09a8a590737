package bulk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/parquettest"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// chats is a plan of chats in a format, without an empty document, of which there are none.
func chats(t *testing.T, output string, shard int64) *plan.Plan {
	return made(t, corpus(), plan.Options{Records: plan.JSONL, Type: plan.Chat, Output: output, ShardBytes: shard})
}

// In each format that holds them, masks are the same, one by one too, and verify finds nothing; killed
// at any ninth point and gone on with it is the same bytes.
func TestChats(t *testing.T) {
	for _, name := range ChatFormats() {
		t.Run(name, func(t *testing.T) {
			p := chats(t, name, 200)
			require.Greater(t, len(p.Shards), 3)
			out := t.TempDir()
			require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 3, Limit: anyRejects}))
			st, err := ReadStatus(at(t, out))
			require.NoError(t, err)
			assert.Positive(t, st.Counts.LossTokens)
			tokens, trained := int64(0), int64(0)
			for n := range st.Counts.Documents {
				d, err := Document(at(t, out), n)
				require.NoError(t, err)
				made, err := maskedLetters(t.Context(), []string{ids(d.IDs)})
				require.NoError(t, err)
				assert.Equal(t, made[0].Value.Loss, d.Loss)
				tokens += int64(len(d.IDs))
				trained += made[0].Value.trained()
			}
			assert.Equal(t, [2]int64{st.Counts.Tokens, st.Counts.LossTokens}, [2]int64{tokens, trained})
			for sample, encode := range map[float64]Encode{0: nil, 0.5: maskedLetters, 1: maskedLetters} {
				r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: sample, Encode: encode})
				require.NoError(t, err)
				assert.Empty(t, r.Differences)
				assert.Equal(t, st.Digest, r.Digest)
			}
			want, file := tree(t, out), saved(t, p)
			points, stderr, _ := child{Dir: t.TempDir(), Plan: file, Parallel: 1}.start(t)
			require.Greater(t, len(points), 40, stderr)
			for kill := 1; kill <= len(points); kill += 9 {
				out := t.TempDir()
				_, _, state := child{Dir: out, Plan: file, Parallel: 1 + kill%2*2, Kill: int64(kill)}.start(t)
				require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), "%d", kill)
				require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
				require.Equal(t, want, tree(t, out))
			}
		})
	}
}

func ids(ids []int32) string {
	var text strings.Builder
	for _, id := range ids {
		text.WriteByte(byte(id))
	}
	return text.String()
}

// Merged shards of chats are the bytes of a run with one.
func TestChatsMerge(t *testing.T) {
	for _, name := range ChatFormats() {
		t.Run(name, func(t *testing.T) {
			p := chats(t, name, 200)
			one := *p
			one.Options.ShardBytes = 1 << 20
			one.Shards = plan.Divide(one.Inputs, nil, one.Options.ShardBytes)
			want := map[string]string{}
			for path, text := range whole(t, &one) {
				if rest, ok := strings.CutPrefix(filepath.ToSlash(path), shardBase(0)); ok {
					want["x"+rest] = text
				}
			}
			require.Len(t, want, len(masked[name].Ends()))
			to := filepath.Join(t.TempDir(), "x")
			require.NoError(t, merged(t, t.TempDir(), p, to, anyRejects))
			assert.Equal(t, want, tree(t, filepath.Dir(to)))
		})
	}
}

// A bit of a mask that was changed before it was hashed is found: by the counts, with the input, or
// because it is none.
func TestChatsVerify(t *testing.T) {
	p := chats(t, Megatron, 200)
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	name := shardBase(0) + ".loss"
	good, err := os.ReadFile(filepath.Join(out, name))
	require.NoError(t, err)
	// '{' and '"', and then the t of text.
	require.Equal(t, []byte{0, 0, 1, 1, 1, 1, 0}, good[:7])
	for want, change := range map[string]string{"has a loss on": "\x01\x00\x01", "has another loss mask": "\x00\x01\x00", "has 2 at id 0": "\x02\x00\x01"} {
		alter(t, out, name, func([]byte) []byte { return append([]byte(change), good[3:]...) })
		r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: 1, Encode: maskedLetters})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Differences, "\n"), want)
	}
	alter(t, out, name, func([]byte) []byte { return good[1:] })
	r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out)})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(r.Differences, "\n"), "00000000.loss has")
}

// A column of Parquet with the JSON of chats is as lines with it in a field.
func TestChatsOfParquet(t *testing.T) {
	texts := []*string{parquettest.Text(`{"messages": 1}`), nil, parquettest.Text("no"), parquettest.Text(`{"refused": 1}`), parquettest.Text(`{"messages": 2}`)}
	parquet, jsonl := tables(t, map[string][][]*string{"a": {texts[:2], texts[2:]}})
	out, other := t.TempDir(), t.TempDir()
	require.NoError(t, runIn(t.Context(), out, made(t, parquet, plan.Options{Records: plan.Rows, Type: plan.Chat, Field: "body", ShardBytes: 1 << 20}), Config{Limit: anyRejects}))
	require.NoError(t, runIn(t.Context(), other, made(t, jsonl, plan.Options{Records: plan.JSONL, Type: plan.Chat, Field: "body", ShardBytes: 1 << 20}), Config{Limit: anyRejects}))
	for _, end := range masked[Megatron].Ends() {
		name := filepath.FromSlash(shardBase(0) + end)
		assert.NotEmpty(t, tree(t, out)[name])
		assert.Equal(t, tree(t, other)[name], tree(t, out)[name])
	}
	var got []string
	require.NoError(t, Rejects(at(t, out), func(r Reject) error {
		got = append(got, fmt.Sprintf("%d %s: %s", *r.Row, r.Class, r.Message))
		return nil
	}))
	assert.Equal(t, []string{`1 field: the column "body" is null`, "2 json: 'n' where an object was expected at byte 0", "3 reference: builtins.ValueError: no such letter"}, got)
}

// A chat is the record, or a field of it, as an object or as the text of one.
func TestChatOf(t *testing.T) {
	for _, c := range []struct{ field, raw, chat, class, message string }{
		{"", `{"messages": []} `, `{"messages": []} `, "", ""},
		{"", `[]`, "", "json", "an object was expected"},
		{"", `{"messages": }`, "", "json", "at byte 13"},
		{"c", `{"c": {"messages": [1.0]}, "id": 5}`, `{"messages": [1.0]}`, "", ""},
		{"c", `{"c": 5, "c": "{\"messages\": []}"}`, `{"messages": []}`, "", ""},
		{"c", `{"c": "no"}`, "", "json", "an object was expected"},
		{"c", `{"c": "\ud800"}`, "", "surrogate", "half of a surrogate pair"},
		{"c", `{"c": []}`, "", "field", `the field "c" is no object and no string`},
		{"c", `{"d": {}}`, "", "field", `there is no field "c"`},
		{"c", `no`, "", "json", "an object was expected"},
	} {
		t.Run(c.field+c.raw, func(t *testing.T) {
			chat, fault := chatOf(plan.Options{Records: plan.JSONL, Type: plan.Chat, Field: c.field}, []byte(c.raw))
			if c.class == "" {
				require.Nil(t, fault)
				assert.Equal(t, c.chat, chat)
				return
			}
			require.NotNil(t, fault)
			assert.Equal(t, Class(c.class), fault.Class)
			assert.Contains(t, fault.Message, c.message)
		})
	}
}

// Weights of OpenAI's form are those of the answers; of answers that are merged there is one.
func TestWeigh(t *testing.T) {
	for _, c := range []struct{ messages, weights, message string }{
		{`{"role": "user"}, {"role": "assistant"}, {"role": "user"}, {"role": "assistant", "weight": 0}`, "1 0", ""},
		{`{"role": "user"}, {"role": "assistant", "weight": null}, {"role": "user", "weight": 0}, {"role": "assistant", "w\u0065ight": 1}`, "1 1", ""},
		{`{"role": "user"}, {"role": "assistant", "weight": 0}, {"role": "assistant", "weight": 0}, {"role": "assistant", "weight": 1, "weight": 0.0}`, "0 1", ""},
		{`{"role": "user"}, {"role": "assistant"}, {"role": "assistant", "weight": 0}, {"role": "user"}`, "", "messages.2.weight: it is not that of messages.1"},
		{`{"role": "user"}, {"role": "assistant", "weight": 0}, {"role": "assistant"}, {"role": "user"}`, "", "messages.2.weight: it is not that of messages.1"},
		{`{"role": "user"}, {"role": "assistant", "weight": "0"}, {"role": "user"}, {"role": "user"}`, "", "messages.1.weight: it has to be 0 or 1"},
		{`{"role": "user"}, {"role": "assistant", "weight": 0.5}, {"role": "user"}, {"role": "user"}`, "", "messages.1.weight: it has to be 0 or 1"},
	} {
		t.Run(c.messages, func(t *testing.T) {
			spans := []bridge.Span{{Message: -1, Weight: 1}, {Message: 0, Role: "user", Weight: 1}, {Message: 1, Role: "assistant", Weight: 1}}
			if strings.Count(c.messages, "assistant") == 2 && c.message == "" {
				spans = append(spans, bridge.Span{Message: 3, Role: "assistant", Weight: 1})
			}
			err := weigh(spans, []byte(`{"messages": [`+c.messages+`]}`))
			if c.message != "" {
				whose, fault := blameOf(err)
				assert.Equal(t, ofText, whose)
				assert.Equal(t, NoText, fault.Class)
				assert.Contains(t, fault.Message, c.message)
				return
			}
			require.NoError(t, err)
			want := strings.Fields(c.weights)[:len(spans)-2]
			for i, w := range want {
				assert.Equal(t, w, fmt.Sprint(spans[2+i].Weight))
			}
		})
	}
}
