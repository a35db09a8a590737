// Package page is the page at /: a text or a chat, and its tokens in colour.
//
// It is one document without anything from elsewhere, and its policy lets it talk to the
// server that it came from and to nobody else. It asks the routes that every caller asks
// (/v1/models, /tokenize, /detokenize, /v1/detokenize/string). text=…, chat=… or tokens=…
// (ids), and model=…, special=no, whitespace and ids, fill it in and run it. They are read
// from behind the #, which stays in the browser, or else from the query.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html *.css *.js
var files embed.FS

// scripts are joined in this order. The last starts the page.
var scripts = []string{"bytes.js", "server.js", "tokens.js", "show.js", "chat.js", "link.js", "page.js"}

// read returns one of the files, or several as one.
func read(names ...string) string {
	var text strings.Builder
	for _, name := range names {
		one, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		text.Write(one)
	}
	return text.String()
}

// Palette is the style of every page: colours, in light and dark, and type.
func Palette() string { return read("palette.css") }

// Handler answers GET and HEAD with the page. It keeps no state, and is safe for any number
// of goroutines.
func Handler() http.Handler {
	script, style := read(scripts...), Palette()+read("page.css")
	page := []byte(strings.NewReplacer("/*style*/", style, "/*script*/", script).Replace(read("page.html")))
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
