//go:build browser

package page_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// contrast lists the texts of the page, each with its colours' contrast as WCAG 2 computes it.
const contrast = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const behind = (e) => {
    const own = e ? rgba(getComputedStyle(e).backgroundColor) : rgba(getComputedStyle(document.body).backgroundColor);
    return !e || own[3] === 1 ? own : over(own, behind(e.parentElement));
  };
  const opacity = (e) => (e ? getComputedStyle(e).opacity * opacity(e.parentElement) : 1);
  const found = [];
  const add = (e, text, style) => {
    const colour = rgba(style.color);
    colour[3] *= opacity(e);
    found.push({ text: text.trim().slice(0, 40), in: e.id || e.className || e.tagName, ratio: ratio(over(colour, behind(e)), behind(e)) });
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && e.checkVisibility() && !e.closest("script, .hidden")) add(e, walk.currentNode.data, getComputedStyle(e));
  }
  for (const e of document.querySelectorAll("input, textarea, select")) {
    if (!e.checkVisibility() || ["radio", "checkbox"].includes(e.type)) continue;
    add(e, e.value || e.tagName, getComputedStyle(e));
    if (e.placeholder) add(e, e.placeholder, getComputedStyle(e, "::placeholder"));
    const border = rgba(getComputedStyle(e).borderTopColor);
    found.push({ text: "border", in: e.id || e.className, edge: true, ratio: ratio(border, behind(e.parentElement)) });
  }
  return found;
})()`

type pair struct {
	Text  string  `json:"text"`
	In    string  `json:"in"`
	Edge  bool    `json:"edge"`
	Ratio float64 `json:"ratio"`
}

// views are what the page can look like, each with a text that must be found in it.
var views = map[string]struct{ fragment, do, found string }{
	"text":   {"text=" + url.QueryEscape("Hello,  world!\tit's \u200d 🤷 fine\nand so on") + "&whitespace&ids", "", "·"},
	"chat":   {"chat=" + url.QueryEscape(`{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":"Hello","x":1}],"continue_final_message":true,"add_generation_prompt":false}`), "", "[INST]"},
	"tokens": {"tokens=1+22177+1044", "", "Hello,"},
	"error":  {"chat=x", `document.querySelector("#key-label").hidden = false`, "This is not JSON"},
	"over":   {"model=small&text=a+b+c+d+e+f+g+h+i+j", "", "too many"},
	"stale":  {"text=a", `document.querySelector("#result").classList.add("stale")`, "tokens"},
	"empty":  {"", "", "Tokenize"},
}

// look opens the page as one of the views.
func look(t *testing.T, address, name string) *tab {
	t.Helper()
	view := views[name]
	p := visit(t, address+"/#"+view.fragment)
	p.until(`document.body.innerText.includes(` + jsonOf(t, view.found) + `)`)
	p.settle()
	if view.do != "" {
		value[any](p, view.do)
	}
	return p
}

func scheme(p *tab, name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	require.NoError(p.t, err)
	p.until(`matchMedia("(prefers-color-scheme: ` + name + `)").matches`)
}

// Text has a contrast of 4.5 to 1 or more, and the edge of what can be used 3 to 1.
func TestPage_contrast(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	for name := range views {
		t.Run(name, func(t *testing.T) {
			p := look(t, address, name)
			for _, colours := range []string{"light", "dark"} {
				scheme(p, colours)
				found := value[[]pair](p, contrast)
				require.Greater(t, len(found), 10)
				for _, one := range found {
					least := 4.5
					if one.Edge {
						least = 3
					}
					assert.GreaterOrEqual(t, one.Ratio, least, "%s, %s: %q in %s", name, colours, one.Text, one.In)
				}
			}
		})
	}
}

// A screen reader has a name for whatever can be used, and the keyboard reaches it.
func TestPage_accessibleNames(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	used := map[string]bool{
		"button": true, "textbox": true, "checkbox": true, "radio": true, "combobox": true, "link": true, "listbox": true, "group": true,
	}
	for name := range views {
		t.Run(name, func(t *testing.T) {
			p := look(t, address, name)
			tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
			require.NoError(t, err)
			seen := 0
			names := map[string]bool{}
			for _, node := range tree.Nodes {
				if node.Ignored || node.Role == nil || !used[text(t, node.Role)] {
					continue
				}
				seen++
				said := text(t, node.Role) + " " + text(t, node.Name)
				assert.NotEmpty(t, text(t, node.Name), "%s: a %s", name, text(t, node.Role))
				assert.False(t, names[said], "%s: two are named %s", name, said)
				names[said] = true
			}
			assert.Greater(t, seen, 10, name)
			assert.Empty(t, value[[]string](p, `[...document.querySelectorAll("[tabindex]")].filter((e) => e.tabIndex !== 0).map((e) => e.id)`))
		})
	}
}

func text(t *testing.T, v *accessibility.Value) string {
	t.Helper()
	if v == nil || len(v.Value) == 0 {
		return ""
	}
	var out string
	require.NoError(t, json.Unmarshal(v.Value, &out))
	return out
}

// On a phone nothing is wider than the screen.
func TestPage_phone(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	for name := range views {
		p := look(t, address, name)
		p.do(chromedp.EmulateViewport(320, 640))
		assert.LessOrEqual(t, value[int](p, "document.documentElement.scrollWidth"), 320, name)
	}
}
