package bridge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// What needs vLLM itself is in vllm_real_test.go.

func TestVLLM_Load_notInstalled(t *testing.T) {
	r := rt(t)
	if _, has := r.Info().Packages["vllm"]; has {
		t.Skip("this environment has vLLM, which is the other case")
	}
	_, err := vllm.Load(t.Context(), r, bridge.Shipped("v3"))
	pe := pyError(t, err, "pyshim.errors.MissingVllm")
	assert.Contains(t, pe.Message, "mtok setup --with vllm")
	assert.True(t, pe.IsA("builtins.ImportError"))
	require.NotErrorIs(t, err, bridge.ErrInvalidRequest)

	_, err = vllm.LoadAsync(t.Context(), r, bridge.Source{}).Await(t.Context())
	require.ErrorContains(t, err, "empty Source")
}

func TestAppendTemplateJSON(t *testing.T) {
	got, err := vllm.AppendTemplateJSON([]byte("x"), []mistral.Message{
		mistral.UserMessage{Content: mistral.Text("a\"\n")},
		mistral.RawMessage(`{"role": "robot"}`),
	}, vllm.TemplateOptions{
		Tools:               []mistral.Tool{},
		ChatTemplate:        ptr("t"),
		AddGenerationPrompt: ptr(false),
		Kwargs:              []vllm.Kwarg{{Name: "max_length", Value: json.RawMessage(`1e3`)}},
	})
	require.NoError(t, err)
	assert.Equal(t, `x{"messages":[{"role":"user","content":"a\"\n"},{"role": "robot"}],"chat_template":"t","tools":[],`+
		`"kwargs":{"add_generation_prompt":false,"max_length":1e3}}`, string(got))

	got, err = vllm.AppendTemplateJSON(nil, nil, vllm.TemplateOptions{})
	require.NoError(t, err)
	assert.Equal(t, `{"messages":[],"kwargs":{}}`, string(got))

	_, err = vllm.AppendTemplateJSON(nil, []mistral.Message{nil}, vllm.TemplateOptions{})
	require.ErrorContains(t, err, "message 0 is nil")
	_, err = vllm.AppendTemplateJSON(nil, nil, vllm.TemplateOptions{Kwargs: []vllm.Kwarg{{Name: "\xff", Value: json.RawMessage(`1`)}}})
	require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
}
