package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

type object = map[string]any

// anyChat is a chat as a corpus may have it: some are refused, for their end or a weight.
func anyChat(r *rand.Rand) object {
	say := func() string {
		words := []string{"The weather", " of 東京", "\n", " naïve", " 👍🏽", "[INST]", " is", "  ", "</s>", " 22.5 °C", "{\"a\": 1}"}
		text := "Well"
		for range r.IntN(9) {
			text += words[r.IntN(len(words))]
		}
		return text
	}
	weighted := r.IntN(2) == 0
	answer := func(more object) object {
		more["role"] = "assistant"
		if weighted && r.IntN(4) > 0 {
			more["weight"] = []any{0, 1, 1.0, 0.0}[r.IntN(4)]
			if r.IntN(30) == 0 {
				more["weight"] = 0.5
			}
		}
		return more
	}
	var messages []object
	if r.IntN(3) == 0 {
		messages = append(messages, object{"role": "system", "content": say()})
	}
	tools := r.IntN(3) == 0
	for range 1 + r.IntN(4) {
		for range 1 + r.IntN(20)/19 {
			messages = append(messages, object{"role": "user", "content": say()})
		}
		if tools && r.IntN(2) == 0 {
			ids := []string{"abcdefghi", "012345678"}[:1+r.IntN(2)]
			var calls, results []object
			for _, id := range ids {
				calls = append(calls, object{"id": id, "type": "function", "function": object{"name": "f", "arguments": `{"b": 1.0, "a": "` + id + `"}`}})
				results = append(results, object{"role": "tool", "tool_call_id": id, "name": "f", "content": say()})
			}
			if len(results) > 1 && r.IntN(2) == 0 {
				results[0], results[1] = results[1], results[0]
			}
			messages = append(append(messages, answer(object{"tool_calls": calls})), results...)
		}
		for range 1 + r.IntN(6)/5 {
			messages = append(messages, answer(object{"content": say()}))
		}
	}
	if r.IntN(15) == 0 {
		messages = append(messages, object{"role": "user", "content": say()})
	}
	chat := object{"messages": messages}
	if tools {
		chat["tools"] = []object{{"type": "function", "function": object{"name": "f", "description": say(), "parameters": object{"type": "object", "properties": object{}}}}}
	}
	return chat
}

// chatCorpus are such chats, and those of the golden files, as they are and with an answer.
func chatCorpus(t *testing.T) []string {
	dir := t.TempDir()
	var made, golden strings.Builder
	put := func(to *strings.Builder, v any) {
		line, err := json.Marshal(v)
		require.NoError(t, err)
		to.Write(append(line, '\n'))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		put(&made, anyChat(r))
	}
	for _, name := range []string{"v1", "v3-tekken", "v7"} {
		text, err := os.ReadFile(filepath.Join("../../../testdata/golden", name+".json"))
		require.NoError(t, err)
		var file struct {
			Cases []struct {
				Op      string
				Request map[string]json.RawMessage
			}
		}
		require.NoError(t, json.Unmarshal(text, &file))
		for _, c := range file.Cases {
			if c.Op != "chat" {
				continue
			}
			put(&golden, c.Request)
			var messages []json.RawMessage
			if json.Unmarshal(c.Request["messages"], &messages) != nil {
				continue // it is there for what is wrong with it
			}
			c.Request["messages"], err = json.Marshal(append(messages, json.RawMessage(`{"role": "assistant", "content": "So it is."}`)))
			require.NoError(t, err)
			put(&golden, c.Request)
		}
	}
	made.WriteString("no\n{\"messages\": []}\n{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"id\": 1}\n")
	files := []string{filepath.Join(dir, "golden.jsonl"), filepath.Join(dir, "made.jsonl")}
	require.NoError(t, os.WriteFile(files[0], []byte(golden.String()), 0o600))
	require.NoError(t, os.WriteFile(files[1], []byte(made.String()), 0o600))
	return files
}

func chatPlan(t *testing.T, tok *bridge.Tokenizer, name string, files []string, o plan.Options) *plan.Plan {
	o.Records, o.Type, o.Mode, o.ShardBytes = plan.JSONL, plan.Chat, string(bridge.Finetuning), 100_000
	p := planned(t, files, o)
	var err error
	p.Tokenizer, err = Identify(t.Context(), tok, name)
	require.NoError(t, err)
	return p
}

// Ids and loss masks are those that Python finds, which calls the reference and shares no code with what
// wrote them; what it refuses is what was rejected. One worker and several make the same bytes.
func TestChats_reference(t *testing.T) {
	env := python(t)
	rt, err := bridge.Open(t.Context(), bridge.WithDistribution(bundled.Python()), bridge.WithWorkers(2), bridge.WithWaitWhenFull(), bridge.WithMemo(0))
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Close(context.Background())) }()
	files := chatCorpus(t)
	for _, name := range []string{"v1", "v3", "v7", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			tok, err := rt.Load(t.Context(), bridge.Shipped(name), bridge.WithMode(bridge.Finetuning))
			require.NoError(t, err)
			for _, last := range []bool{false, true} {
				p := chatPlan(t, tok, name, files, plan.Options{LastOnly: last})
				require.Greater(t, len(p.Shards), 2)
				encode := EncodeWith(tok, p.Options)
				out := t.TempDir()
				require.NoError(t, runIn(t.Context(), out, p, Config{Encode: encode, Parallel: 1, Limit: anyRejects}))
				m, err := ReadManifest(at(t, out))
				require.NoError(t, err)
				var rejects strings.Builder
				require.NoError(t, Rejects(at(t, out), func(r Reject) error {
					_, err := fmt.Fprintf(&rejects, "%s %d %d\n", r.File, *r.Offset, r.Length)
					return err
				}))
				read := exec.Command(env.Executable, append([]string{"testdata/read_chats.py", out, name, fmt.Sprint(last)}, files...)...)
				read.Stdin = strings.NewReader(rejects.String())
				var failed strings.Builder
				read.Stderr = &failed // warnings too
				got, err := read.Output()
				require.NoError(t, err, failed.String())
				assert.Equal(t, fmt.Sprintf("%d %d %d %d\n", m.Counts.Documents, m.Counts.Tokens, m.Counts.LossTokens, m.Counts.Rejected), string(got))
				assert.Greater(t, m.Counts.Documents, int64(100))
				if last {
					continue
				}
				again := t.TempDir()
				require.NoError(t, runIn(t.Context(), again, p, Config{Encode: encode, Parallel: 3, Limit: anyRejects}))
				assert.Equal(t, tree(t, out), tree(t, again))
				report, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Encode: EncodePlainly(tok, p.Options), Sample: 1})
				require.NoError(t, err)
				assert.Empty(t, report.Differences)
			}
		})
	}
}

// A chat in OpenAI's form is what it is in the reference's, with its weights. Answers that follow each
// other are one there, whatever their weights, and refused where these are not the same.
func TestChats_openAI(t *testing.T) {
	rt, err := bridge.Open(t.Context(), bridge.WithDistribution(bundled.Python()), bridge.WithWorkers(2), bridge.WithWaitWhenFull(), bridge.WithMemo(0))
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Close(context.Background())) }()
	tok, err := rt.Load(t.Context(), bridge.Shipped("v7"), bridge.WithMode(bridge.Finetuning))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(3, 4))
	var requests, bodies []string
	var merges []bool
	for range 300 {
		chat := anyChat(r)
		request, err := json.Marshal(chat)
		require.NoError(t, err)
		chat["stream"] = true
		body, err := json.Marshal(chat)
		require.NoError(t, err)
		merges = append(merges, bytes.Contains(rolesOf(chat), []byte("aa")))
		requests, bodies = append(requests, string(request)), append(bodies, string(body))
	}
	want, err := EncodeWith(tok, plan.Options{Type: plan.Chat})(t.Context(), requests)
	require.NoError(t, err)
	for _, encode := range []func(*bridge.Tokenizer, plan.Options) Encode{EncodeWith, EncodePlainly} {
		got, err := encode(tok, plan.Options{Type: plan.OpenAI})(t.Context(), bodies)
		require.NoError(t, err)
		same, differing := 0, 0
		for i := range want {
			var refused *refusedError
			switch {
			case want[i].Err != nil:
				require.Error(t, got[i].Err, requests[i])
			case errors.As(got[i].Err, &refused):
				require.Contains(t, refused.text, "one message")
				differing++
				require.True(t, merges[i])
			default:
				require.NoError(t, got[i].Err, requests[i])
				if merges[i] {
					continue
				}
				require.Equal(t, want[i].Value, got[i].Value, requests[i])
				same++
			}
		}
		assert.Greater(t, same, 100)
		assert.Positive(t, differing)
	}
}

// rolesOf are the first letters of a chat's roles.
func rolesOf(chat object) (roles []byte) {
	for _, m := range chat["messages"].([]object) {
		roles = append(roles, m["role"].(string)[0])
	}
	return roles
}
