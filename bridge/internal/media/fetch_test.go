package media

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFetcher_allowed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hosts []string
		plain bool
		url   string
		want  string // part of the error; "": allowed
	}{
		{"https", []string{"images.example"}, false, "https://images.example/a.png", ""},
		{"a port", []string{"images.example"}, false, "https://images.example:8443/a", ""},
		{"another case", []string{"Images.Example"}, false, "https://iMAGES.example/a", ""},
		{"the root's dot", []string{"images.example"}, false, "https://images.example./a", ""},
		{"http", []string{"*"}, false, "http://images.example/a", `the scheme "http"`},
		{"http, allowed", []string{"*"}, true, "http://images.example/a", ""},
		{"a file", []string{"*"}, true, "file:///etc/passwd", `the scheme "file"`},
		{"no scheme", []string{"*"}, true, "//images.example/a", `the scheme ""`},
		{"a user", []string{"*"}, false, "https://images.example@inside.example/a", "a user name in the URL"},
		{"another host", []string{"images.example"}, false, "https://inside.example/a", `the host "inside.example" is not on the list`},
		{"the host as a part of another", []string{"images.example"}, false, "https://images.example.evil.example/a", "is not on the list"},
		{"the host behind another", []string{"images.example"}, false, "https://evilimages.example/a", "is not on the list"},
		{"below", []string{"*.example"}, false, "https://a.b.example/a", ""},
		{"below is not the host itself", []string{"*.example"}, false, "https://example/a", "is not on the list"},
		{"below is not beside", []string{"*.example"}, false, "https://evilexample/a", "is not on the list"},
		{"below, and more behind", []string{"*.example"}, false, "https://a.example.evil/a", "is not on the list"},
		{"all", []string{"*"}, false, "https://anything/a", ""},
		{"no host", []string{"*"}, false, "https:///a", "is not on the list"},
		{"an empty list", nil, false, "https://images.example/a", "is not on the list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			require.NoError(t, err)
			err = New(Options{Hosts: tt.hosts, Plain: tt.plain}).allowed(u)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrRefused)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// origin is a server that every public address leads to, and a Fetcher that may ask any host.
func origin(t *testing.T, answer http.HandlerFunc, change func(*Options)) *Fetcher {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	o := Options{
		Hosts: []string{"*"}, MaxBytes: 8, Timeout: time.Minute, Redirects: 2, Plain: true,
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			switch host {
			case "inside.example":
				return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("10.0.0.1")}, nil
			case "nowhere.example":
				return nil, nil
			case "unknown.example":
				return nil, errors.New("no such host")
			}
			return []netip.Addr{netip.MustParseAddr("2606:2800:220:1::1"), netip.MustParseAddr("93.184.216.34")}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "[2606:") {
				return nil, errors.New("no IPv6 here")
			}
			assert.Equal(t, "93.184.216.34:80", address)
			return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
		},
		MayAsk: func(context.Context, string) error { return nil },
	}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func TestFetcher_Fetch(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/8":
			_, _ = w.Write([]byte("12345678"))
		case "/9":
			_, _ = w.Write([]byte("123456789"))
		case "/streamed":
			for range 9 {
				_, _ = w.Write([]byte("x"))
				w.(http.Flusher).Flush()
			}
		case "/inside":
			http.Redirect(w, r, "http://inside.example/8", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/twice":
			http.Redirect(w, r, "/once", http.StatusFound)
		case "/once":
			http.Redirect(w, r, "/8", http.StatusFound)
		case "/thrice":
			http.Redirect(w, r, "/twice", http.StatusFound)
		case "/cookie":
			assert.Empty(t, r.Cookies())
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			_, _ = w.Write([]byte("c"))
		default:
			http.NotFound(w, r)
		}
	}
	for _, tt := range []struct {
		name, url string
		want      string
		refused   bool
		err       string
	}{
		{"as much as allowed, by the second address", "http://images.example/8", "12345678", false, ""},
		{"an address instead of a name", "http://93.184.216.34/8", "12345678", false, ""},
		{"two redirects", "http://images.example/twice", "12345678", false, ""},
		{"three redirects", "http://images.example/thrice", "", true, "more than 2 redirects"},
		{"one byte more", "http://images.example/9", "", true, "9 bytes, the limit is 8"},
		{"one byte more, of unknown length", "http://images.example/streamed", "", true, "more than 8 bytes"},
		{"a name that is also inside", "http://inside.example/8", "", true, "10.0.0.1, which is not public"},
		{"an address inside", "http://127.0.0.1/8", "", true, "127.0.0.1, which is not public"},
		{"a redirect inside", "http://images.example/inside", "", true, "not public"},
		{"a redirect to a file", "http://images.example/file", "", true, `the scheme "file"`},
		{"a name without an address", "http://nowhere.example/8", "", false, "nowhere.example has no address"},
		{"an unknown name", "http://unknown.example/8", "", false, "no such host"},
		{"no such file", "http://images.example/none", "", false, "the answer is 404 Not Found"},
		{"no URL", "http://[::1", "", true, "no URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := origin(t, answer, nil).Fetch(t.Context(), tt.url)
			assert.Equal(t, tt.refused, errors.Is(err, ErrRefused), "%v", err)
			if tt.err == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.want, string(data))
				return
			}
			assert.ErrorContains(t, err, tt.err)
			assert.NotContains(t, err.Error(), "http://", "the caller adds the URL")
		})
	}
	f := origin(t, answer, nil)
	for range 2 {
		_, err := f.Fetch(t.Context(), "http://images.example/cookie")
		require.NoError(t, err)
	}
}

func TestFetcher_Fetch_ends(t *testing.T) {
	begun := make(chan struct{}, 1)
	answer := func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
	}
	t.Run("with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-begun
			cancel()
		}()
		_, err := origin(t, answer, nil).Fetch(ctx, "http://images.example/")
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("with its time", func(t *testing.T) {
		f := origin(t, answer, func(o *Options) { o.Timeout = time.Millisecond })
		_, err := f.Fetch(t.Context(), "http://images.example/")
		require.Error(t, err)
	})
	t.Run("where nobody may be asked", func(t *testing.T) {
		no := errors.New("offline")
		f := origin(t, answer, func(o *Options) {
			o.MayAsk = func(_ context.Context, url string) error {
				assert.Equal(t, "http://images.example/", url)
				return no
			}
			o.Dial = func(context.Context, string, string) (net.Conn, error) {
				t.Error("a request was made")
				return nil, no
			}
		})
		_, err := f.Fetch(t.Context(), "http://images.example/")
		assert.Equal(t, no, err)
	})
}
