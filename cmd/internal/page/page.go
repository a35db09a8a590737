// Package page is the page at /: a text or a chat, and its tokens in colour.
//
// It is one document without anything from elsewhere, and its policy lets it talk to the
// server that it came from and to nobody else. It asks the routes that every caller asks
// (/v1/models, /tokenize, /detokenize, /v1/detokenize/string). ?text=… or ?chat=…, and
// ?model=…, ?whitespace and ?ids, fill it in and run it.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the four parts of the page
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

var (
	//go:embed page.html
	document string
	//go:embed page.css
	style string
	//go:embed bytes.js
	byteScript string
	//go:embed page.js
	pageScript string
)

// Handler answers GET and HEAD with the page. It keeps no state, and is safe for any number
// of goroutines.
func Handler() http.Handler {
	script := byteScript + pageScript
	page := []byte(strings.NewReplacer("/*style*/", style, "/*script*/", script).Replace(document))
	sum := sha256.Sum256(page)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	policy := "default-src 'none'; script-src " + source(script) + "; style-src " + source(style) +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
	})
}

// source names an inline script or style by its hash.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
