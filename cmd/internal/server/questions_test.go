package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// What the bridge answers beside the references, in this process and in a worker: the answers,
// and what a caller reads of his mistakes.
func TestQuestions(t *testing.T) {
	for name, e := range map[string]server.Engine{"embedded": shared, "a worker": workers(t, 1)} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, e, server.Options{})
			control, text := `","kind":"control","within":null,"weight":1}`, `","kind":"text","within":null,"weight":1}`
			for _, c := range []struct {
				path, body string
				status     int
				want       string // all of a 200, else in the message
			}{
				{"/v1/chat/completions/count", chat, 200, `{"count":7}`},
				{"/v1/chat/completions/count", `{"model":"alias","stream":true,"max_completion_tokens":1,"messages":[{"role":"user","content":"Hello","name":"Bob"}]}`, 200, `{"count":4}`},
				{"/v1/chat/completions/spans", `{"model":null,"messages":[{"role":"user","content":"Hello"}]}`, 200, `{"tokens":[1,3,22177,4],"spans":[` +
					`{"start":0,"length":1,"message":null,"role":null,"kind":"control","within":null,"weight":1},{"start":1,"length":1,"message":0,"role":"user` + control +
					`,{"start":2,"length":1,"message":0,"role":"user` + text + `,{"start":3,"length":1,"message":0,"role":"user` + control + `]}`},
				{"/v1/offsets", `{"text":"Hello 🌍"}`, 200, `{"tokens":[22177,119685,1140,1141],"offsets":[[0,5],[5,8],[8,9],[9,10]]}`},
				{"/v1/offsets", `{"text":"other","text":"\u0048ello","model":"m"}`, 200, `{"tokens":[22177],"offsets":[[0,5]]}`},
				{"/v1/offsets", `{"text":""}`, 200, `{"tokens":[],"offsets":[]}`},

				{"/v1/chat/completions/count", `{"messages":[]}`, 400, "at least one message"},
				{"/v1/chat/completions/count", `{"messages":[{"role":"user","content":"a"}],"functions":[{"name":"f"}]}`, 400, "functions: it can change the prompt"},
				{"/v1/chat/completions/spans", `{"model":"none","messages":[]}`, 404, "The model `none` does not exist.\",\"type\":\"NotFoundError\",\"param\":null,\"code\":404}}"},
				{"/v1/chat/completions/spans", `[]`, 400, "an object"},
				{"/v1/offsets", `{"model":5,"text":"a"}`, 400, "model: it has to be a string"},
				{"/v1/offsets", `{"text":`, 400, "the body"},
				{"/v1/offsets", `{"text":"\ud800"}`, 400, "text: it has to be a string"},
				{"/v1/offsets", `{"prompt":"a"}`, 400, "text: it has to be a string"},
				{"/v1/offsets", "{\"text\":\"\xff\"}", 400, "UTF-8"},
			} {
				t.Run(c.path, func(t *testing.T) {
					a := post(t, url+c.path, c.body)
					assert.Equal(t, c.status, a.status, c.body)
					assert.Equal(t, "application/json", a.header.Get("Content-Type"))
					if c.status == http.StatusOK {
						assert.Equal(t, c.want, a.body, c.body)
						return
					}
					assert.True(t, strings.HasPrefix(a.body, `{"error":{"message":"`), a.body)
					assert.Contains(t, a.body, c.want)
				})
			}
			assert.Equal(t, 400, ask(t, "POST", url+"/v1/offsets", `{"text":"a"}`, "Content-Type: text/plain").status)
		})
	}
}

// They keep the limits of other routes.
func TestQuestions_limits(t *testing.T) {
	url := serve(t, shared, server.Options{MaxBody: 1 << 10, BodyMemory: 1 << 20, Timeout: 1})
	assert.Equal(t, 413, post(t, url+"/v1/offsets", `{"text":"`+strings.Repeat("a", 1<<10)+`"}`).status)
	for _, path := range []string{"/v1/offsets", "/v1/chat/completions/count", "/v1/chat/completions/spans"} {
		a := post(t, url+path, `{"text":"a","messages":[{"role":"user","content":"a"}]}`)
		assert.Equal(t, 504, a.status, path)
	}
}
