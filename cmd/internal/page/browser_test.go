//go:build browser

package page_test

import (
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// serve starts a whole server with the page; o says how else it is.
func serve(t *testing.T, o server.Options) string {
	t.Helper()
	o.Page = page.Handler()
	s, err := server.New(loaded, o)
	require.NoError(t, err)
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(ts.Close)
	return ts.URL
}

// flags keep a browser to the page, and from asking the network for anything else.
func flags(t *testing.T) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=30000",
	}
}

// open opens an address in headless Chromium and returns the document when its scripts
// have come to rest.
func open(t *testing.T, address string, query url.Values) *dom {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "this test needs Chromium, Debian's package chromium")
	cmd := exec.CommandContext(t.Context(), path, append(flags(t), "--dump-dom", address+"/?"+query.Encode())...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	root, err := html.Parse(strings.NewReader(string(out)))
	require.NoError(t, err)
	return &dom{root}
}

// dom is a document, or a part of it.
type dom struct{ *html.Node }

// all are the elements for which f is true.
func (d *dom) all(f func(*dom) bool) []*dom {
	var found []*dom
	for n := range d.Descendants() {
		if one := (&dom{n}); n.Type == html.ElementNode && f(one) {
			found = append(found, one)
		}
	}
	return found
}

func (d *dom) byID(t *testing.T, id string) *dom {
	t.Helper()
	found := d.all(func(e *dom) bool { return e.attr("id") == id })
	require.Len(t, found, 1, "#%s", id)
	return found[0]
}

func (d *dom) byTag(tag string) []*dom {
	return d.all(func(e *dom) bool { return e.Data == tag })
}

func (d *dom) has(attr string) bool {
	for _, a := range d.Attr {
		if a.Key == attr {
			return true
		}
	}
	return false
}

func (d *dom) attr(name string) string {
	for _, a := range d.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (d *dom) hasClass(name string) bool {
	return strings.Contains(" "+d.attr("class")+" ", " "+name+" ")
}

// text is what an element says, but for the ids of tokens.
func (d *dom) text() string {
	var b strings.Builder
	for n := range d.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "sub" {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}
