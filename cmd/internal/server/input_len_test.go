package server_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

func TestServer_maxModelInputLen(t *testing.T) {
	o := options()
	o.Models = []engine.ModelSpec{{Source: bridge.Shipped("v7"), Name: "m"}}
	e, err := engine.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	url := serve(t, e, server.Options{})
	body := `{"truncate_for_context_length":true,"messages":[{"role":"user","content":"` + strings.Repeat("old ", 100) +
		`"},{"role":"assistant","content":"yes"},{"role":"user","content":"new"}]}`
	count := func(query string) int {
		a := post(t, url+"/v1/tokenize/"+query, body)
		require.Equal(t, 200, a.status, a.body)
		return 1 + strings.Count(a.body, ",")
	}
	assert.LessOrEqual(t, count("?max_model_input_len=20"), 20)
	assert.Greater(t, count("?max_model_input_len=1000&x=y"), 100)
	assert.Equal(t, 500, post(t, url+"/v1/tokenize/", body).status, "as the reference's server")
	for given, detail := range map[string]string{
		"x":           `"msg":"Input should be a valid integer, unable to parse string as an integer"`,
		"":            `"type":"int_parsing"`,
		"0":           `"type":"greater_than"`,
		"-5":          `"type":"greater_than"`,
		"99999999999": `"type":"int_parsing"`,
	} {
		t.Run(given, func(t *testing.T) {
			a := post(t, url+"/v1/tokenize/?max_model_input_len="+given, body)
			assert.Equal(t, 422, a.status, given)
			assert.Contains(t, a.body, detail)
			assert.Contains(t, a.body, `"loc":["query","max_model_input_len"]`)
		})
	}
	// Other routes know no such parameter, as their server.
	assert.Equal(t, 200, post(t, url+"/tokenize?max_model_input_len=x", chat).status)
}
