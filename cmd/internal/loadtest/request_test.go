package loadtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// content is the text of a request as any server reads it.
func content(t *testing.T, raw []byte) (*http.Request, string) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.EqualValues(t, len(body), r.ContentLength)
	var chat struct {
		Model    string
		Messages []struct{ Role, Content string }
	}
	require.NoError(t, json.Unmarshal(body, &chat))
	require.Len(t, chat.Messages, 1)
	assert.Equal(t, "user", chat.Messages[0].Role)
	r.Header.Set("Model", chat.Model)
	return r, chat.Messages[0].Content
}

func TestNewRequest(t *testing.T) {
	route, err := FindRoute("render")
	require.NoError(t, err)
	r := newRequest(Shape{Route: route, Bytes: 1 << 10, Model: "m", Key: "secret"}, "example.org:80")
	other := r.clone()
	r.number(1234567)
	other.number(98765432101) // one digit too many: the last ten stay

	got, text := content(t, r.raw)
	assert.Equal(t, "/v1/chat/completions/render", got.URL.Path)
	assert.Equal(t, "example.org:80", got.Host)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, "Bearer secret", got.Header.Get("Authorization"))
	assert.Equal(t, "m", got.Header.Get("Model"))
	assert.Len(t, text, 1<<10)
	assert.True(t, strings.HasPrefix(text, "0001234567 word "), text[:30])

	_, text = content(t, other.raw)
	assert.True(t, strings.HasPrefix(text, "8765432101 word "), text[:30])

	_, text = content(t, newRequest(Shape{Route: route, Bytes: 3}, "h").raw)
	assert.Equal(t, "0000000000 ", text, "there is always room for the number")
}
