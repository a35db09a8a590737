package llmd_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/integrations/llmd"
)

// remote asks servers, the shared one if none is named.
func remote(t *testing.T, c llmd.Config) *llmd.Remote {
	t.Helper()
	if len(c.URLs) == 0 {
		c.URLs = []string{shared.URL}
	}
	c.ModelName = "m"
	r, err := llmd.NewRemote(c)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

const (
	tools  = `"tools": [{"type": "function", "function": {"name": "weather", "description": "of a city", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"default": 1.50}}}}}]`
	called = `{"role": "user", "content": "Zürich?"}, {"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": "abcdefghi", "type": "function",
		"function": {"name": "weather", "arguments": "{\"city\": \"Zürich\"}"}}]}, {"role": "tool", "tool_call_id": "abcdefghi", "content": "sunny <b>"}`
)

// requests are what clients send, with the tokens or the status that they get.
var requests = []struct {
	name   string
	api    llmd.API
	body   string
	ids    []uint32 // of the first prompt, nil: any
	status int
}{
	{"a chat", llmd.ChatCompletions, `{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}`, []uint32{1, 3, 22177, 4}, 0},
	{"by another name, as clients send it", llmd.ChatCompletions, `{"model": "alias", "stream": true, "max_completion_tokens": 5, "temperature": 0.3, "messages": [{"role": "user", "content": "Hello", "name": "Bob"}]}`, []uint32{1, 3, 22177, 4}, 0},
	{"without a model", llmd.ChatCompletions, `{"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}`, []uint32{1, 3, 22177, 4}, 0},
	{"tools", llmd.ChatCompletions, `{"model": "m", ` + tools + `, "messages": [{"role": "system", "content": "Be brief."}, ` + called + `]}`, nil, 0},
	{"a prompt", llmd.Completions, `{"model": "m", "prompt": "Hello, world!", "max_tokens": 5}`, []uint32{1, 22177, 1044, 4304, 1033}, 0},
	{"prompts", llmd.Completions, `{"model": "m", "prompt": ["Hello", "Hello, world!"], "max_tokens": 5}`, []uint32{1, 22177}, 0},
	{"ids", llmd.Completions, `{"model": "m", "prompt": [1, 22177], "max_tokens": 5}`, []uint32{1, 22177}, 0},
	{"messages", llmd.Messages, `{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello"}]}`, []uint32{1, 3, 22177, 4}, 0},

	{"no model of that name", llmd.ChatCompletions, `{"model": "none", "messages": [{"role": "user", "content": "Hello"}]}`, nil, 404},
	{"no messages", llmd.ChatCompletions, `{"model": "m", "messages": []}`, nil, 400},
	{"a wrong order", llmd.ChatCompletions, `{"model": "m", "messages": [{"role": "tool", "tool_call_id": "abcdefghi", "content": "?"}]}`, nil, 400},
	{"no JSON", llmd.ChatCompletions, `{"messages": [`, nil, 400},
	{"a list", llmd.Completions, `[]`, nil, 400},
	{"longer than the model", llmd.ChatCompletions, `{"model": "m", "messages": [{"role": "user", "content": "` + strings.Repeat("word ", 3000) + `"}]}`, nil, 400},
	{"an image", llmd.ChatCompletions, `{"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://host/a.png"}}]}]}`, nil, 400},
}

// What a server answers, and what is rendered in this process, is the same: the tokens, and
// the words of errors.
func TestProducer_remoteAndLocal(t *testing.T) {
	r := remote(t, llmd.Config{})
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			far, farErr := r.Produce(t.Context(), llmd.Request{API: c.api, Body: []byte(c.body)})
			near, nearErr := local.Produce(t.Context(), llmd.Request{API: c.api, Body: []byte(c.body)})
			assert.Equal(t, far, near)
			if c.status == 0 {
				require.NoError(t, farErr)
				require.NoError(t, nearErr)
				require.NotEmpty(t, far)
				if c.ids != nil {
					assert.Equal(t, c.ids, far[0].TokenIDs)
				}
				return
			}
			var a, b *llmd.RenderError
			require.ErrorAs(t, farErr, &a)
			require.ErrorAs(t, nearErr, &b)
			assert.Equal(t, c.status, a.Status)
			assert.Equal(t, a, b)
			assert.False(t, a.Retryable())
		})
	}
	prompts, err := local.Produce(t.Context(), llmd.Request{API: llmd.Completions, Body: []byte(`{"model": "m", "prompt": ["Hello", "Hello you"]}`)})
	require.NoError(t, err)
	assert.Equal(t, []llmd.Prompt{{[]uint32{1, 22177}}, {[]uint32{1, 22177, 1636}}}, prompts)
	_, err = local.Produce(t.Context(), llmd.Request{API: "embeddings", Body: []byte(`{}`)})
	require.ErrorContains(t, err, "embeddings")
}

// Messages are rendered as the chat that they are.
func TestProducer_messages(t *testing.T) {
	r := remote(t, llmd.Config{MessagesMode: llmd.Legacy})
	for messages, chat := range map[string]string{
		`{"system": "Be brief.", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": [{"type": "text", "text": "Bye"}]}]}`: `{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Bye"}]}`,

		`{"tools": [{"name": "weather", "description": "of a city", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"default": 1.50}}}}],
		"system": [{"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "Zürich?"},
		{"role": "assistant", "content": [{"type": "tool_use", "id": "abcdefghi", "name": "weather", "input": {"city": "Zürich"}}]},
		{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "abcdefghi", "content": [{"type": "text", "text": "sunny <b>"}]}]}]}`: `{` + tools + `, "messages": [{"role": "system", "content": "Be brief."}, ` + called + `]}`,

		`{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]}`: `{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]}`,
	} {
		want, err := local.Produce(t.Context(), llmd.Request{API: llmd.ChatCompletions, Body: []byte(chat)})
		require.NoError(t, err, chat)
		for _, p := range []llmd.Producer{r, local} {
			got, err := p.Produce(t.Context(), llmd.Request{API: llmd.Messages, Body: []byte(messages)})
			require.NoError(t, err, messages)
			assert.Equal(t, want, got, messages)
		}
	}
	for _, p := range []llmd.Producer{r, local} {
		_, err := p.Produce(t.Context(), llmd.Request{API: llmd.Messages, Body: []byte(`{"messages": 5}`)})
		require.ErrorContains(t, err, "messages")
	}
}

// A caller's end, and the client's own.
func TestProducer_deadlines(t *testing.T) {
	hello := llmd.Request{API: llmd.ChatCompletions, Body: []byte(requests[0].body)}
	r := remote(t, llmd.Config{Timeout: time.Nanosecond, MMTimeout: time.Nanosecond})
	for _, api := range []llmd.API{llmd.Completions, llmd.ChatCompletions, llmd.Messages} {
		_, err := r.Produce(t.Context(), llmd.Request{API: api, Body: hello.Body})
		require.ErrorIs(t, err, context.DeadlineExceeded, "%s", api)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, p := range []llmd.Producer{remote(t, llmd.Config{}), local} {
		_, err := p.Produce(ctx, hello)
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := llmd.NewRemote(llmd.Config{MessagesMode: "other"})
	require.ErrorContains(t, err, "other")
}
