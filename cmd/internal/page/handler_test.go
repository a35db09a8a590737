package page_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	get := func(method string, header http.Header) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/", nil)
		r.Header = header
		page.Handler().ServeHTTP(w, r)
		return w
	}
	first := get(http.MethodGet, nil)
	text, header := first.Body.String(), first.Header()
	assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	assert.NotContains(t, text, "/*s", "a part is missing")
	assert.Equal(t, http.StatusNotModified, get(http.MethodGet, http.Header{"If-None-Match": header["Etag"]}).Code)
	assert.Equal(t, http.StatusOK, get(http.MethodHead, nil).Code)

	names, err := filepath.Glob("*.js")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range append(names, "page.css") {
		part, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Contains(t, text, string(part), name)
	}

	policy := header.Get("Content-Security-Policy")
	assert.True(t, strings.HasPrefix(policy, "default-src 'none'; "), policy)
	assert.NotContains(t, policy, "unsafe")
	for _, outside := range []string{"src=\"http", "url(http", "@import", "<iframe"} {
		assert.NotContains(t, text, outside)
	}
}
