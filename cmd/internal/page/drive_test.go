//go:build browser

package page_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a busy machine may take; only what never comes reaches it.
const patience = 5 * time.Minute

// stopChromium ends it.
var stopChromium = func() {}

// chromium is one for all tests that drive it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	stopChromium = func() {
		_ = chromedp.Cancel(ctx) // waits, and its profile is gone
		stop()
	}
	return ctx, chromedp.Do(ctx)
})

// tab is a page that a user works with.
type tab struct {
	t   *testing.T
	ctx context.Context // chromedp keeps the tab in it
}

// visit opens an address in a tab and waits for the models.
func visit(t *testing.T, address string) *tab {
	t.Helper()
	shared, err := chromium()
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(shared)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	p := &tab{t, ctx}
	_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	p.do(chromedp.Navigate(address))
	p.until(`document.querySelector("#model").options.length > 0 || !document.querySelector("#error").hidden`)
	return p
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// value is what an expression is in the page, a promise's when it is kept.
func value[T any](p *tab, expression string) T {
	p.t.Helper()
	raw, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](
		`(async () => JSON.stringify((await (`+expression+`)) ?? null))()`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	var out T
	require.NoError(p.t, json.Unmarshal([]byte(raw), &out), expression)
	return out
}

// until waits for a condition.
func (p *tab) until(condition string) {
	p.t.Helper()
	for !value[bool](p, condition) {
		select {
		case <-p.ctx.Done():
			require.Fail(p.t, "this never came", "%s", condition)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// settle waits for the answer to what is in the page now.
func (p *tab) settle() {
	p.t.Helper()
	p.until(`!document.querySelector(".stale") && !document.querySelector("button[aria-busy]")`)
}

func (p *tab) click(selector string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(selector))) }
func (p *tab) keys(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// clear empties a field, of which the page hears with the next key.
func (p *tab) clear(selector string) {
	p.t.Helper()
	value[any](p, `document.querySelector("`+selector+`").value = ""`)
}

// paste replaces what a field has, in one step.
func (p *tab) paste(selector, text string) {
	p.t.Helper()
	value[any](p, `((e, text) => { e.value = text; e.dispatchEvent(new Event("input", {bubbles: true})); })(
		document.querySelector("`+selector+`"), `+jsonOf(p.t, text)+`)`)
}

// pick chooses from a list as a user does.
func (p *tab) pick(selector, option string) {
	p.t.Helper()
	element := `document.querySelector("` + selector + `")`
	value[any](p, `(`+element+`.value = `+jsonOf(p.t, option)+`, `+element+`.dispatchEvent(new Event("change", {bubbles: true})))`)
}

// text is what an element says.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return value[string](p, `document.querySelector("`+selector+`").textContent`)
}

// shown is the text of all tokens.
func (p *tab) shown() string {
	p.t.Helper()
	return value[string](p, `[...document.querySelectorAll("#tokens .token")].map((e) => [...e.childNodes].slice(0, -1).map((n) => n.textContent).join("")).join("")`)
}

// ids are those of the tokens that are shown.
func (p *tab) ids() []int {
	p.t.Helper()
	return value[[]int](p, `[...document.querySelectorAll("#tokens .token")].map((e) => Number(e.dataset.id))`)
}

// clipboard lets the page use it, and returns a function that reads it.
func (p *tab) clipboard() func() string {
	p.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
		})
		require.NoError(p.t, err)
	}
	return func() string {
		p.t.Helper()
		return value[string](p, `navigator.clipboard.readText()`)
	}
}
