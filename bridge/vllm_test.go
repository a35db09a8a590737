package bridge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// What needs vLLM itself is in vllm_real_test.go.

func TestLoadVLLMWithoutVLLMSaysHowToGetIt(t *testing.T) {
	r := rt(t)
	if _, has := r.Info().Packages["vllm"]; has {
		t.Skip("this environment has vLLM, which is the other case")
	}
	_, err := r.LoadVLLM(t.Context(), bridge.Shipped("v3"))
	pe := pyError(t, err, "pyshim.errors.MissingVllm")
	assert.Contains(t, pe.Message, "mtok setup --with vllm")
	assert.True(t, pe.IsA("builtins.ImportError"))
	require.NotErrorIs(t, err, bridge.ErrInvalidRequest)

	_, err = r.LoadVLLMAsync(t.Context(), bridge.Source{}).Await(t.Context())
	require.ErrorContains(t, err, "empty Source")
}

func TestTemplateJSON(t *testing.T) {
	got, err := bridge.AppendTemplateJSON([]byte("x"), []mistral.Message{
		mistral.UserMessage{Content: mistral.Text("a\"\n")},
		mistral.RawMessage(`{"role": "robot"}`),
	}, bridge.TemplateOptions{
		Tools:               []mistral.Tool{},
		ChatTemplate:        ptr("t"),
		AddGenerationPrompt: ptr(false),
		Kwargs:              []bridge.Kwarg{{Name: "max_length", Value: json.RawMessage(`1e3`)}},
	})
	require.NoError(t, err)
	assert.Equal(t, `x{"messages":[{"role":"user","content":"a\"\n"},{"role": "robot"}],"chat_template":"t","tools":[],`+
		`"kwargs":{"add_generation_prompt":false,"max_length":1e3}}`, string(got))

	got, err = bridge.AppendTemplateJSON(nil, nil, bridge.TemplateOptions{})
	require.NoError(t, err)
	assert.Equal(t, `{"messages":[],"kwargs":{}}`, string(got))

	_, err = bridge.AppendTemplateJSON(nil, []mistral.Message{nil}, bridge.TemplateOptions{})
	require.ErrorContains(t, err, "message 0 is nil")
	_, err = bridge.AppendTemplateJSON(nil, nil, bridge.TemplateOptions{Kwargs: []bridge.Kwarg{{Name: "\xff", Value: json.RawMessage(`1`)}}})
	require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
}
