//go:build vllm

// These tests want an interpreter that has vLLM, named by MTOK_PYTHON, and fail
// without one.
package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

var keptVLLM = struct {
	sync.Once
	toks map[string]*vllm.Tokenizer
}{toks: map[string]*vllm.Tokenizer{}}

// loadedVLLM is vLLM's tokenizer for a shipped file; it stays loaded.
func loadedVLLM(t *testing.T, name string) *vllm.Tokenizer {
	t.Helper()
	keptVLLM.Do(func() {
		for _, name := range []string{"v3", "v3-tekken", "v7"} {
			v, err := vllm.Load(context.Background(), shared, bridge.Shipped(name))
			require.NoError(t, err)
			keptVLLM.toks[name] = v
		}
	})
	assertBalanced(t)
	return keptVLLM.toks[name]
}

func userSays(text string) []mistral.Message {
	return []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}}
}

func TestVLLM_Describe(t *testing.T) {
	d := loadedVLLM(t, "v3").Describe()
	assert.Equal(t, shared.Info().Packages["vllm"], d.Version)
	assert.True(t, strings.HasPrefix(d.Layout, "vllm."), d.Layout)
	assert.True(t, strings.HasPrefix(d.Class, "vllm."), d.Class)
	assert.Equal(t, !strings.HasPrefix(d.Version, "0.11."), d.Routes)
}

func TestVLLM_tokens(t *testing.T) {
	for _, name := range []string{"v3", "v3-tekken", "v7"} {
		t.Run(name, func(t *testing.T) {
			v := loadedVLLM(t, name)
			tool := mistral.Tool{Function: mistral.Function{Name: "f", Parameters: json.RawMessage(`{"b": 1.0, "a": {}}`)}}
			for _, opts := range []vllm.TemplateOptions{
				{}, {Tools: []mistral.Tool{tool}}, {AddGenerationPrompt: ptr(true)}, {Kwargs: []vllm.Kwarg{{Name: "foo", Value: json.RawMessage(`[1]`)}}},
			} {
				messages := userSays("Grüße 👍🏽 \u0000 " + strings.Repeat("word ", 300))
				args, err := vllm.AppendTemplateJSON(nil, messages, opts)
				require.NoError(t, err)
				want, err := v.ReferenceApply(t.Context(), args, 2)
				require.NoError(t, err)
				require.Len(t, want.Times, 2)
				require.Greater(t, len(want.Tokens), 300)
				sync, err := v.ApplyMistralChatTemplate(t.Context(), messages, opts)
				require.NoError(t, err)
				later, err := v.ApplyMistralChatTemplateAsync(t.Context(), messages, opts).Await(t.Context())
				require.NoError(t, err)
				raw, err := v.ApplyMistralChatTemplateJSON(t.Context(), args)
				require.NoError(t, err)
				assert.Equal(t, want.Tokens, sync.Tokens)
				assert.Equal(t, want.Tokens, later.Tokens)
				assert.Equal(t, want.Tokens, raw.Tokens)
			}
			direct, err := load(t, shared, bridge.Shipped(name)).EncodeChat(t.Context(), user("Hello"))
			require.NoError(t, err)
			through, err := v.ApplyMistralChatTemplate(t.Context(), userSays("Hello"), vllm.TemplateOptions{})
			require.NoError(t, err)
			assert.Equal(t, direct.Tokens, through.Tokens)
		})
	}
}

func TestVLLM_errors(t *testing.T) {
	v := loadedVLLM(t, "v3")
	both := vllm.TemplateOptions{AddGenerationPrompt: ptr(true), ContinueFinalMessage: ptr(true)}
	_, err := v.ApplyMistralChatTemplate(t.Context(), userSays("a"), both)
	pe := pyError(t, err, "builtins.ValueError")
	assert.Equal(t, "Cannot set both `add_generation_prompt` and `continue_final_message` to True.", pe.Message)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	require.NotNil(t, pe.Cause)
	assert.Equal(t, bridge.PyCause{Module: "builtins", Type: "ValueError", Message: pe.Message}, *pe.Cause)

	id := "much-too-long"
	_, err = v.ApplyMistralChatTemplateAsync(t.Context(), append(userSays("a"),
		mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{ID: &id, Function: mistral.FunctionCall{Name: "f", Arguments: json.RawMessage(`"{}"`)}}}},
		mistral.ToolMessage{Content: mistral.Text("r"), ToolCallID: &id}), vllm.TemplateOptions{}).Await(t.Context())
	pe = pyError(t, err, "builtins.ValueError")
	assert.Contains(t, pe.Message, "much-too-long")
	require.NotNil(t, pe.Cause)
	assert.Equal(t, "mistral_common.exceptions", pe.Cause.Module)

	_, err = v.ApplyMistralChatTemplate(t.Context(), nil, vllm.TemplateOptions{})
	pe = pyError(t, err, "builtins.ValueError")
	assert.Equal(t, "IndexError", pe.Cause.Type)
}

func TestVLLM_text(t *testing.T) {
	for _, name := range []string{"v3", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			v := loadedVLLM(t, name)
			const text = "Grüße 👍🏽"
			plain, err := v.Encode(t.Context(), text, ptr(false))
			require.NoError(t, err)
			with, err := v.EncodeAsync(t.Context(), text, nil).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, slices.Concat([]int32{1}, plain), with)
			back, err := v.Decode(t.Context(), with, ptr(true))
			require.NoError(t, err)
			assert.Equal(t, text, back)
			back, err = v.DecodeAsync(t.Context(), with, ptr(false)).Await(t.Context())
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(back, "<s>"), back)

			pieces, err := v.ConvertIDsToTokens(t.Context(), plain, ptr(true))
			require.NoError(t, err)
			var whole []byte
			for _, p := range pieces {
				whole = append(append(whole, p.Text...), p.Bytes...)
			}
			if name == "v3-tekken" {
				assert.Equal(t, text, string(whole))
			}
			all, err := v.ConvertIDsToTokensAsync(t.Context(), with, ptr(false)).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "<s>", all[0].Text)
			assert.Len(t, all, len(with))
			_, err = v.Raw(t.Context(), "save_pretrained", nil, nil)
			pyError(t, err, "pyshim.errors.UnknownMethod")
		})
	}
}

func TestVLLM_Load_directories(t *testing.T) {
	v, err := vllm.Load(t.Context(), shared, bridge.ModelDir(filepath.Join(t.TempDir(), "absent")))
	require.Nil(t, v)
	pyError(t, err, "builtins.FileNotFoundError")
	dir := t.TempDir()
	_, err = vllm.LoadAsync(t.Context(), shared, bridge.ModelDir(dir)).Await(t.Context())
	pe := pyError(t, err, "builtins.ValueError")
	assert.Contains(t, pe.Message, "No tokenizer file found")
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "mistralbridge-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestVLLM_logger(t *testing.T) {
	var out bytes.Buffer
	r, err := bridge.Open(t.Context(), append(options(), bridge.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))...)
	require.NoError(t, err)
	v, err := vllm.Load(t.Context(), r, bridge.Shipped("v3"))
	require.NoError(t, err)
	_, err = v.ApplyMistralChatTemplate(t.Context(), nil, vllm.TemplateOptions{})
	require.Error(t, err)
	require.NoError(t, v.Close(t.Context()))
	_, err = v.ApplyMistralChatTemplate(t.Context(), userSays("a"), vllm.TemplateOptions{})
	require.ErrorIs(t, err, bridge.ErrClosed)
	require.NoError(t, r.Close(t.Context()))
	assert.Contains(t, out.String(), "An error occurred in `mistral_common` while applying chat template")
}
