package client_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/client"
)

// One handler, whatever is behind it.
func TestTokenizer_Encoder(t *testing.T) {
	for i, e := range []bridge.Encoder{loaded(t, tekken), remote(t, tekken)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			w := httptest.NewRecorder()
			quota(e, 3)(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?q=Hello,+world!", nil))
			assert.Equal(t, "4 false\n", w.Body.String())
			w = httptest.NewRecorder()
			quota(e, 3)(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?q=%ff", nil))
			assert.Equal(t, 400, w.Code)
		})
	}
}

func TestNew_unixSocket(t *testing.T) {
	c := dial(t, "unix://"+socket())
	require.NoError(t, c.Ready(t.Context()))
	tok, err := c.Tokenizer(t.Context(), "alias")
	require.NoError(t, err)
	ids, err := tok.EncodeText(t.Context(), "Hello, world!", true, false)
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 22177, 1044, 4304, 1033}, ids)
}

func TestNew_badAddress(t *testing.T) {
	for address, want := range map[string]string{
		"": "write http://host:8000", "localhost:8000": "write http://", "ftp://a": "write http://", "http://": "write http://",
		"unix:relative": "write http://", "http://a?b=c": "write http://", "http://a:b": "the server's address", "http://u:secret@": "u:xxxxx@",
	} {
		_, err := client.New(address)
		assert.ErrorContains(t, err, want, address)
	}
	for i, o := range []client.Option{client.WithHTTPClient(nil), client.WithAPIKey(""), client.WithAPIKey("a\nb"), client.WithRetries(-1)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := client.New("http://a", o)
			assert.Error(t, err)
		})
	}
	_, err := client.New("unix:///a", client.WithHTTPClient(http.DefaultClient))
	assert.ErrorContains(t, err, "DialContext")
}
