//go:build browser

package statspage_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// patience is how long a busy machine may take; only what never comes reaches it.
const patience = 5 * time.Minute

// evaluate is what an expression is in the page.
func evaluate[T any](ctx context.Context, t *testing.T, expression string) (out T) {
	t.Helper()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify("+expression+")"))
	require.NoError(t, err, expression)
	require.NoError(t, json.Unmarshal([]byte(raw), &out))
	return out
}

// In a browser nothing runs, nothing is wider than a phone, colours follow the system's, and each picture has its size.
func TestWrite_browser(t *testing.T) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx))
	ctx, cancel = context.WithTimeout(ctx, patience)
	defer cancel()
	for name, s := range map[string]*bulk.Stats{
		"12": statistics(12), "40000": statistics(40_000), "none": {Status: bulk.Status{Plan: "ab", Shards: 1, Inputs: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "stats.html")
			require.NoError(t, os.WriteFile(path, []byte(write(t, s)), 0o600))
			require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("file://"+path)))
			for _, width := range []int64{320, 390, 1280} {
				require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 800)))
				assert.LessOrEqual(t, evaluate[int64](ctx, t, "document.documentElement.scrollWidth"), width)
				assert.Empty(t, evaluate[[]string](ctx, t, `[...document.querySelectorAll("section, .rows li, .plot, dd")].filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "contents").map((e) => e.textContent)`), width)
				assert.Zero(t, evaluate[int](ctx, t, `[...document.querySelectorAll("svg")].filter((e) => e.getBoundingClientRect().width < 50 || e.getBoundingClientRect().height < 8).length`), width)
			}
			backs := map[string]bool{}
			for _, scheme := range []string{"light", "dark"} {
				_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				require.NoError(t, err)
				backs[evaluate[string](ctx, t, "getComputedStyle(document.body).backgroundColor")] = true
			}
			assert.Len(t, backs, 2)
			assert.Empty(t, evaluate[[]string](ctx, t, `performance.getEntriesByType("resource").map((e) => e.name)`), "it loads nothing")
			assert.Zero(t, evaluate[int](ctx, t, "document.scripts.length + document.images.length"))
		})
	}
}
