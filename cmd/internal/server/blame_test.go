package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// marker is what a prompt says, and no log, no metric and no trace does.
const marker = "Zanzibar-5309"

// What is behind a 500 is in the log at WARN, with the request's id, and is counted.
func TestErrorLog_500(t *testing.T) {
	l := newLog()
	url := serve(t, shared, server.Options{Log: logger(l), AccessLog: true})
	// mistral_common's own route has a bare 500 for every chat that is refused.
	body := `{"messages":[{"role":"assistant","content":"` + marker + `"}]}`
	a := post(t, url+"/v1/tokenize/", body, "X-Request-Id: mine-1")
	require.Equal(t, 500, a.status)
	assert.Equal(t, "Internal Server Error", a.body)
	line := lineWith(t, l, "level=WARN")
	assert.Contains(t, line, "id=mine-1")
	assert.Contains(t, line, "route=/v1/tokenize/")
	assert.Contains(t, line, "class=mistral_common.exceptions.InvalidMessageStructureException")
	assert.Regexp(t, `place=mistral_common/protocol/instruct/validator\.py:_validate\w+:\d+`, line)

	// Without an id of the caller's, both lines have the same of the server's.
	l2 := newLog()
	url = serve(t, shared, server.Options{Log: logger(l2), AccessLog: true})
	require.Equal(t, 500, post(t, url+"/v1/tokenize/", body).status)
	id := func(line string) string {
		_, rest, _ := strings.Cut(line, " id=")
		return strings.Fields(rest)[0]
	}
	assert.Equal(t, id(lineWith(t, l2, "level=WARN")), id(lineWith(t, l2, "msg=request")))

	page := ask(t, "GET", url+"/metrics", "").body
	assert.Contains(t, page, `mtok_exceptions_total{class="mistral_common.exceptions.InvalidMessageStructureException"} 1`)
	for _, said := range []string{l.String(), l2.String(), page} {
		assert.NotContains(t, said, marker)
	}
}

// Whatever a prompt makes go wrong, no log has it.
func TestLog_noPrompt(t *testing.T) {
	l := newLog()
	e, err := openLogged(t, l)
	require.NoError(t, err)
	url := serve(t, e, server.Options{Log: logger(l), AccessLog: true})
	m := marker
	for i, body := range []string{
		`{"messages":[{"role":"assistant","content":"` + m + `"}]}`,
		`{"messages":[{"role":"` + m + `","content":"x"}]}`,
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,` + m + `"}]}]}`,
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://` + m + `/x.png"}]}]}`,
		`{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"` + m + ` !","parameters":{}}}]}`,
		`{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"` + m + `"}}}]}`,
		`{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"` + m + `","function":{"name":"f","arguments":"` + m + `"}}]}]}`,
		`{"messages":[{"role":"user","content":"` + m + `\ud800"}]}`,
		`{"prompt":"` + m + `","model":"` + m + `"}`,
		`{"tokens":["` + m + `"]}`, `{"tokens":[99999999],"x":"` + m + `"}`, `"` + m, `["` + m + `"]`, `"` + m + `"`,
		`{"` + m + `":` + strings.Repeat("[", 100_000),
	} {
		for _, path := range []string{"/tokenize", "/detokenize", "/v1/tokenize/", "/v1/detokenize/", "/v1/detokenize/string", "/v1/chat/completions/render", "/v1/completions/render"} {
			a := post(t, url+path, body)
			require.NotZero(t, a.status, "%d", i)
		}
	}
	assert.Contains(t, l.String(), "level=WARN")
	assert.NotContains(t, l.String(), marker)
	assert.NotContains(t, ask(t, "GET", url+"/metrics", "").body, marker)
}

// A call that brings no answer is logged in the same way.
func TestErrorLog_failedCall(t *testing.T) {
	l := newLog()
	raised := &bridge.PyError{
		Module: "pyo3_runtime", Type: "PanicException", Place: "tiktoken/core.py:encode:120",
		Message: marker, Str: marker, Traceback: marker, Args: []string{marker},
	}
	url := serve(t, failing{shared, fmt.Errorf("bridge: serve: %w", raised)}, server.Options{Log: logger(l)})
	require.Equal(t, 500, post(t, url+"/tokenize", chat, "X-Request-Id: mine-2").status)
	line := lineWith(t, l, "level=WARN")
	for _, want := range []string{"id=mine-2", "failure=internal", "class=pyo3_runtime.PanicException", "place=tiktoken/core.py:encode:120"} {
		assert.Contains(t, line, want)
	}
	url = serve(t, failing{shared, errors.New(marker)}, server.Options{Log: logger(l)})
	require.Equal(t, 500, post(t, url+"/tokenize", chat).status)
	assert.NotContains(t, l.String(), marker)
}

func lineWith(t *testing.T, l *log, text string) string {
	t.Helper()
	var found string
	eventually(t, text, func() bool {
		for line := range strings.Lines(l.String()) {
			if strings.Contains(line, text) {
				found = line
				return true
			}
		}
		return false
	})
	return found
}
