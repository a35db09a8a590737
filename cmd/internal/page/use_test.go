//go:build browser

package page_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// encoded are the ids of a text, from the tokenizer itself.
func encoded(t *testing.T, model, text string, bos bool) []int {
	t.Helper()
	m, ok := loaded.Lookup(model)
	require.True(t, ok)
	ids, err := m.Tokenizer().EncodeText(t.Context(), text, bos, false)
	require.NoError(t, err)
	return ints(ids)
}

func ints(ids []int32) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

// Nothing but the text is typed, and nothing but the choice is changed.
func TestPage_resultFollowsForm(t *testing.T) {
	t.Parallel()
	p := visit(t, serve(t, server.Options{}))
	p.keys("#input", "Hello, world!")
	p.settle()
	assert.Equal(t, encoded(t, "tekken", "Hello, world!", true), p.ids())
	p.keys("#input", " More")
	p.settle()
	assert.Equal(t, encoded(t, "tekken", "Hello, world! More", true), p.ids())
	p.pick("#model", "spm")
	p.settle()
	assert.Equal(t, encoded(t, "spm", "Hello, world! More", true), p.ids())
	p.click("#special")
	p.settle()
	assert.Equal(t, encoded(t, "spm", "Hello, world! More", false), p.ids())
	p.click("input[value=chat] + span")
	p.settle()
	assert.Contains(t, p.text("#tokens"), "[INST]")
	p.click("input[value=text] + span")
	p.settle()
	assert.Equal(t, encoded(t, "spm", "Hello, world! More", false), p.ids())
}

// held keeps requests with a word in them until they are let go or given up.
type held struct {
	http.Handler
	word           string
	arrived, ended chan struct{}
	release        chan struct{}
}

func (h *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bytes.Contains(body, []byte(h.word)) {
		h.arrived <- struct{}{}
		select {
		case <-h.release:
		case <-r.Context().Done():
			h.ended <- struct{}{}
		}
	}
	h.Handler.ServeHTTP(w, r)
}

func within(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		require.Fail(t, what+" never came")
	}
}

func TestPage_lateAnswers(t *testing.T) {
	t.Parallel()
	s, err := server.New(loaded, server.Options{Page: page.Handler()})
	require.NoError(t, err)
	h := &held{Handler: s.Handler(), word: `"slow"`, arrived: make(chan struct{}, 9), ended: make(chan struct{}, 9), release: make(chan struct{})}
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	p := visit(t, ts.URL)
	p.keys("#input", "fast")
	p.settle()
	before := p.ids()
	p.paste("#input", "slow")
	within(t, h.arrived, "the request")
	assert.True(t, value[bool](p, `document.querySelector("#result").matches(".stale[aria-busy=true]")`), "what is shown is of another text")
	assert.Equal(t, before, p.ids())
	p.keys("#input", "er")
	within(t, h.ended, "the end of the older request")
	p.settle()
	assert.Equal(t, encoded(t, "tekken", "slower", true), p.ids())
	assert.True(t, value[bool](p, `document.querySelector("#error").hidden`), "to give up is no error")
}

func TestPage_copy(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	s, err := server.New(loaded, server.Options{Page: page.Handler()})
	require.NoError(t, err)
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.String(), r.Referer())
		mu.Unlock()
		s.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(ts.Close)

	p := visit(t, ts.URL)
	clipboard := p.clipboard()
	text := "Hé + llo & #wörld%20=\n?"
	p.paste("#key", "hush")
	p.paste("#input", text)
	p.pick("#model", "spm")
	p.click("#special")
	p.click("#ids")
	p.settle()
	want := encoded(t, "spm", text, false)
	p.click("#copy-ids")
	p.until(`document.querySelector("#status").textContent.includes("copied")`)
	assert.JSONEq(t, value[string](p, `JSON.stringify([...document.querySelectorAll("#tokens .token")].map((e) => Number(e.dataset.id)))`), clipboard())
	assert.Equal(t, want, p.ids())

	p.click("#link")
	p.until(`document.querySelector("#status").textContent.startsWith("Link copied")`)
	link := clipboard()
	assert.Equal(t, link, value[string](p, "location.href"))
	assert.NotContains(t, link, "hush")
	other := visit(t, link)
	other.settle()
	other.until(`document.querySelectorAll("#tokens .token").length > 0`)
	assert.Equal(t, text, value[string](other, `document.querySelector("#input").value`))
	assert.Equal(t, "spm", value[string](other, `document.querySelector("#model").value`))
	assert.Equal(t, want, other.ids())
	assert.True(t, value[bool](other, `document.querySelector("#tokens").matches(".ids")`))

	// A link that is opened where the page is open already.
	value[any](other, `location.hash = "chat=" + encodeURIComponent('[{"role": "user", "content": "Hi"}]') + "&model=tekken"`)
	other.until(`document.querySelector("#tokens").textContent.includes("[INST]")`)
	other.settle()
	assert.Equal(t, []int{1, 3, 37133, 4}, other.ids())

	mu.Lock()
	defer mu.Unlock()
	for _, one := range asked {
		assert.NotContains(t, one, "llo", "what is behind the # stays in the browser")
		assert.NotContains(t, one, "%20")
	}
}

func TestPage_detokenize(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	text := "Hi 🤷‍♀️\u0000x\n"
	for _, model := range []string{"tekken", "spm"} {
		t.Run(model, func(t *testing.T) {
			m, ok := loaded.Lookup(model)
			require.True(t, ok)
			chat := `{"messages": [{"role": "user", "content": ` + jsonOf(t, text) + `}]}`
			done, err := m.Tokenizer().EncodeChatJSON(t.Context(), []byte(chat))
			require.NoError(t, err)
			want, err := m.Tokenizer().Decode(t.Context(), done.Tokens, bridge.Ignore)
			require.NoError(t, err)
			p := visit(t, address+"/#model="+model)
			p.click("input[value=tokens] + span")
			list := strings.Trim(jsonOf(t, ints(done.Tokens)), "[]")
			p.keys("#input", strings.ReplaceAll(list, ",", ", "))
			p.until(`!document.querySelector("#result").hidden`)
			p.settle()
			assert.Equal(t, want, p.text("#text"))
			assert.Equal(t, ints(done.Tokens), p.ids())
			assert.Equal(t, "<s>[INST][/INST]", value[string](p,
				`[...document.querySelectorAll("#tokens .special")].map((e) => e.firstChild.textContent).join("")`))

			// The same tokens as a chat: the page shows the same of each.
			shown := tokens(t, open(t, address, url.Values{"tokens": {list}, "model": {model}}))
			same := tokens(t, open(t, address, url.Values{"chat": {chat}, "model": {model}}))
			assert.Equal(t, same, shown)

			p.keys("#input", " x1")
			p.settle()
			assert.Equal(t, "“x1” is no id: ids are whole numbers from 0 on.", p.text("#error"))
			assert.True(t, value[bool](p, `document.querySelector("#result").hidden`))
		})
	}
}
