//go:build browser

package page_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestPage_chatForm(t *testing.T) {
	t.Parallel()
	p := visit(t, serve(t, server.Options{}))
	p.click("input[value=chat] + span")
	p.settle()
	roles := func() string {
		return value[string](p, `[...document.querySelectorAll("#messages .role")].map((e) => e.value).join(" ")`)
	}
	active := func() string { return value[string](p, `document.activeElement.getAttribute("aria-label")`) }
	assert.Equal(t, "system user", roles())
	p.click(".message:nth-child(1) .remove")
	assert.Equal(t, "user", roles())
	assert.Equal(t, "Text of message 1", active(), "the focus stays near")
	p.clear(".message .content")
	p.keys(".message .content", "Hi")
	p.settle()
	assert.Equal(t, []int{1, 3, 37133, 4}, p.ids())

	p.click("#add")
	assert.Equal(t, "user assistant", roles())
	assert.Equal(t, "Text of message 2", active())
	p.keys(".message:nth-child(2) .content", "Hello")
	p.settle()
	assert.Contains(t, p.text("#error"), "continue_final_message", "the server's own words")
	p.click("#continue")
	p.settle()
	assert.Equal(t, []int{1, 3, 37133, 4, 22177}, p.ids())
	p.click("#add")
	assert.Equal(t, "user assistant user", roles())
	p.settle()
	assert.Equal(t, []int{1, 3, 37133, 4, 22177, 2, 3, 4}, p.ids())
	p.pick(".message:nth-child(1) .role", "system")
	p.settle()
	assert.NotEqual(t, "user assistant user", roles())

	p.click("#json")
	var chat []map[string]string
	require.NoError(t, json.Unmarshal([]byte(value[string](p, `document.querySelector("#input").value`)), &chat))
	assert.Equal(t, []map[string]string{
		{"role": "system", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": ""},
	}, chat)
}

// What the form does not show stays as it is, to the last digit.
func TestPage_chatFormKeepsRest(t *testing.T) {
	t.Parallel()
	chat := `{
  "messages": [
    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "abcdefghi", "content": "4"}
  ],
  "tools": [{"type": "function", "function": {"name": "f", "parameters": {"maximum": 12345678901234567890}}}]
}`
	p := visit(t, serve(t, server.Options{})+"/#chat="+url.QueryEscape(chat))
	p.until(`!document.querySelector("#result").hidden`)
	before := p.ids()
	assert.Contains(t, p.shown(), `"maximum": 12345678901234567890}`)
	assert.True(t, value[bool](p, `document.querySelector(".message:nth-child(1) .content").readOnly`))
	assert.Contains(t, p.text("#messages"), "tool_calls: see the JSON")
	assert.Contains(t, p.text("#rest"), "tools")
	p.keys(".message:nth-child(3) .content", "2")
	p.settle()
	assert.Greater(t, len(p.ids()), len(before)-1)
	p.click("#json")
	got := value[string](p, `document.querySelector("#input").value`)
	assert.Equal(t, strings.Join(strings.Fields(strings.Replace(chat, `"4"`, `"42"`, 1)), ""), strings.Join(strings.Fields(got), ""))

	// Text that is no chat cannot be a form.
	p.clear("#input")
	p.keys("#input", `[{"role"`)
	p.settle()
	assert.Contains(t, p.text("#error"), "This is not JSON: ")
	assert.True(t, value[bool](p, `document.querySelector("#json").disabled`))
}

// The length is that of the model that is chosen, and is named with it.
func TestPage_contextLength(t *testing.T) {
	t.Parallel()
	p := visit(t, serve(t, server.Options{})+"/#text=a+b+c")
	p.until(`!document.querySelector("#result").hidden`)
	assert.Equal(t, "of tekken's context, 32,768 tokens", p.text("#context"))
	p.pick("#model", "small")
	p.settle()
	assert.Equal(t, "of small's context, 8 tokens", p.text("#context"))
	assert.Equal(t, "50 %", p.text("#share"))
	p.keys("#input", " d e f g h i j")
	p.settle()
	assert.Equal(t, "of small's context, 8 tokens: 3 too many", p.text("#context"))
	p.click("input[value=tokens] + span")
	p.keys("#input", "1 2")
	p.settle()
	assert.Equal(t, "of small's context, 8 tokens", p.text("#context"))
	assert.Equal(t, "25 %", p.text("#share"))
}
