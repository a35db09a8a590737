package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// trap is a host that counts who comes, and hangs up.
func trap(t *testing.T) (address string, came *atomic.Int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	came = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	return l.Addr().String(), came
}

// trapped is an environment in which every way out leads to the trap.
func trapped(t *testing.T, address string) []string {
	url := "http://" + address
	env := []string{"TRAP=" + address, "HF_ENDPOINT=" + url, "HF_HOME=" + t.TempDir(), "HF_HUB_DISABLE_XET=1", "PIP_INDEX_URL=" + url}
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env = append(env, name+"="+url)
	}
	return append(env, "HOME="+t.TempDir())
}

// wantOffline wants an *OfflineError that names what would have been fetched, and a way out.
func wantOffline(err error, what, way string) error {
	var offline *bridge.OfflineError
	switch {
	case !errors.As(err, &offline):
		return fmt.Errorf("no OfflineError about %s: %w", what, err)
	case !strings.Contains(offline.What, what) || !strings.Contains(offline.Way, way):
		return fmt.Errorf("not about %q and %q: %w", what, way, err)
	case !strings.Contains(err.Error(), "offline: ") || !strings.Contains(err.Error(), way):
		return fmt.Errorf("the text does not say it: %w", err)
	}
	return nil
}

// trapFetcher would get any URL from the trap.
func trapFetcher() (bridge.Fetcher, error) {
	return bridge.NewFetcher(bridge.FetcherOptions{
		Hosts: []string{"*"}, AllowHTTP: true, Timeout: 5 * time.Second,
		Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			c, err := net.Dial("tcp", os.Getenv("TRAP"))
			if err == nil {
				_ = c.Close()
			}
			return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, err
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, os.Getenv("TRAP"))
		},
	})
}

type fetcherFunc func(ctx context.Context, url string) ([]byte, error)

func (f fetcherFunc) Fetch(ctx context.Context, url string) ([]byte, error) { return f(ctx, url) }

// useOffline does what would need the network, on an offline Runtime.
func useOffline(ctx context.Context, r *bridge.Runtime) error {
	var errs []error
	for _, hub := range []bridge.Hub{{}, {Revision: "main"}, {ForceDownload: true}, {LocalFilesOnly: true}, {Token: "hf_secret"}} {
		_, err := r.Load(ctx, bridge.Model(hubModel), bridge.WithHub(hub))
		errs = append(errs, wantOffline(err, hubModel, "load its directory"))
		_, err = r.LoadAsync(ctx, bridge.Model(hubModel), bridge.WithHub(hub)).Await(ctx)
		errs = append(errs, wantOffline(err, hubModel, "HF_HOME"))
	}
	// What is shipped is there all the same; what is known to nobody stays unknown.
	if _, err := r.Load(ctx, bridge.Model("mistralai/Mistral-7B-Instruct-v0.3"), bridge.WithHub(bridge.Hub{})); err != nil {
		errs = append(errs, err)
	}
	if _, err := vllm.Load(ctx, r, bridge.Model(hubModel)); err == nil {
		errs = append(errs, errors.New("vLLM loaded a model that is not there"))
	}
	tok, err := r.Load(ctx, bridge.Shipped("v3-tekken-mm"))
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	const url = "http://images.example/a.png"
	_, err = tok.EncodeChat(ctx, imageChat(url))
	errs = append(errs, wantOffline(err, url, "data: URL"))
	var failed *bridge.FetchError
	if !errors.As(err, &failed) || failed.Place != "messages.0.content.0.image_url" {
		errs = append(errs, fmt.Errorf("no FetchError: %w", err))
	}
	_, err = tok.EncodeChatAsync(ctx, imageChat(url)).Await(ctx)
	return errors.Join(append(errs, wantOffline(err, url, "data: URL"))...)
}

// childOffline opens offline, and asks for all that there is to fetch.
func childOffline(ctx context.Context) error {
	opts := options()
	if os.Getenv("MTOK_OFFLINE") == "" {
		opts = append(opts, bridge.WithOffline())
	}
	direct, err := trapFetcher()
	if err != nil {
		return err
	}
	behind := fetcherFunc(func(ctx context.Context, url string) ([]byte, error) { return direct.Fetch(ctx, url) })
	for _, fetcher := range []bridge.Fetcher{direct, behind} {
		r, err := bridge.Open(ctx, append(opts, bridge.WithConnectOp(), bridge.WithFetcher(fetcher))...)
		if err != nil {
			return err
		}
		if err := useOffline(ctx, r); err != nil {
			return err
		}
		// Whatever else runs in Python gets no connection either, and no address.
		for _, address := range []string{os.Getenv("TRAP"), "nobody.example:80"} {
			if err := wantOffline(r.Connect(ctx, address), "a", "WithOffline"); err != nil {
				return fmt.Errorf("Python connects to %s: %w", address, err)
			}
		}
		if err := r.Close(ctx); err != nil {
			return err
		}
	}
	// One of the caller's own is the caller's business.
	pixel := fetcherFunc(func(context.Context, string) ([]byte, error) { return []byte("P3\n1 1\n255\n255 0 0\n"), nil })
	r, err := bridge.Open(ctx, append(opts, bridge.WithFetcher(pixel))...)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close(ctx) }()
	tok, err := r.Load(ctx, bridge.Shipped("v3-tekken-mm"))
	if err != nil {
		return err
	}
	_, err = tok.EncodeChat(ctx, imageChat("http://images.example/a.png"))
	return err
}

// childOfflineLater opens an offline Runtime beside one that is not: the first may
// go on, the second gets nothing.
func childOfflineLater(ctx context.Context) error {
	fetcher, err := trapFetcher()
	if err != nil {
		return err
	}
	opts := append(options(), bridge.WithFetcher(fetcher))
	online, err := bridge.Open(ctx, append(opts, bridge.WithConnectOp())...)
	if err != nil {
		return err
	}
	defer func() { _ = online.Close(ctx) }()
	r, err := bridge.Open(ctx, append(opts, bridge.WithOffline())...)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close(ctx) }()
	if err := useOffline(ctx, r); err != nil {
		return err
	}
	if os.Getenv("TRAP_USED") == "" {
		return nil
	}
	if err := online.Connect(ctx, os.Getenv("TRAP")); err != nil {
		return err
	}
	var denied *bridge.DownloadError
	if _, err := online.Load(ctx, bridge.Model(hubModel), bridge.WithHub(bridge.Hub{})); !errors.As(err, &denied) {
		return fmt.Errorf("the hub: %w", err)
	}
	return nil
}

// Offline is no connection, by whichever name it is asked for, whatever would be fetched.
func TestWithOffline_noConnection(t *testing.T) {
	for name, env := range map[string][]string{
		"option": nil, "MTOK_OFFLINE=1": {"MTOK_OFFLINE=1"}, "MTOK_OFFLINE=please": {"MTOK_OFFLINE=please"},
		"HF_HUB_OFFLINE=0": {"MTOK_OFFLINE=true", "HF_HUB_OFFLINE=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, came := trap(t)
			cmd, out := child(t, "offline", append(trapped(t, address), env...)...)
			require.NoError(t, cmd.Run(), out)
			require.Contains(t, out.String(), wentWell)
			assert.Zero(t, came.Load())
			assert.NotContains(t, out.String(), "hf_secret")
		})
	}
}

func TestWithOffline_besideAnother(t *testing.T) {
	t.Parallel()
	address, came := trap(t)
	cmd, out := child(t, "offline later", trapped(t, address)...)
	require.NoError(t, cmd.Run(), out)
	assert.Zero(t, came.Load())

	// The trap does see who is allowed to come.
	cmd, out = child(t, "offline later", append(trapped(t, address), "TRAP_USED=1", "NO_PROXY=127.0.0.1")...)
	require.NoError(t, cmd.Run(), out)
	assert.GreaterOrEqual(t, came.Load(), int64(2))
}

// An environment that is not there is not built.
func TestWithOffline_buildsNothing(t *testing.T) {
	address, came := trap(t)
	for _, setting := range trapped(t, address) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	t.Setenv("MTOK_PYTHON", "")
	t.Setenv("VIRTUAL_ENV", "")
	t.Setenv("PATH", t.TempDir())
	cache := t.TempDir()
	opts := []bridge.Option{bridge.WithDistribution(bundled.Python()), bridge.WithCacheDir(cache), bridge.WithOffline()}
	for name, try := range map[string]func() error{
		"Setup":           func() error { _, err := bridge.Setup(t.Context(), opts...); return err },
		"FindEnvironment": func() error { _, err := bridge.FindEnvironment(t.Context(), opts...); return err },
	} {
		err := try()
		var offline *bridge.OfflineError
		require.ErrorAs(t, err, &offline, name)
		assert.Contains(t, offline.What, "packages", name)
		assert.Contains(t, offline.Dir, cache, name)
		assert.Contains(t, err.Error(), "mtok setup", name)
		assert.Contains(t, err.Error(), "copy the cache", name)
	}
	entries, err := os.ReadDir(cache)
	require.NoError(t, err)
	assert.Empty(t, entries)
	assert.Zero(t, came.Load())
}

// A Fetcher obeys MTOK_OFFLINE outside of any Runtime too.
func TestFetcher_offline(t *testing.T) {
	address, came := trap(t)
	t.Setenv("TRAP", address)
	t.Setenv("MTOK_OFFLINE", "1")
	f, err := trapFetcher()
	require.NoError(t, err)
	_, err = f.Fetch(t.Context(), "https://images.example/a.png")
	require.NoError(t, wantOffline(err, "https://images.example/a.png", "WithFetcher"))
	assert.Zero(t, came.Load())
	t.Setenv("MTOK_OFFLINE", "0")
	_, err = f.Fetch(t.Context(), "https://images.example/a.png")
	require.Error(t, err)
	assert.Positive(t, came.Load())
}
