package bridge

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/media"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Fetcher gets what a URL names; see WithFetcher. It must be safe for any number of
// goroutines and obey its context.
type Fetcher interface {
	Fetch(ctx context.Context, url string) ([]byte, error)
}

// FetcherOptions are the limits of a Fetcher made by NewFetcher.
type FetcherOptions struct {
	// Hosts are those that may be asked, also by a redirect: "images.example.org",
	// "*.example.org" for all below it, or "*".
	Hosts     []string
	MaxBytes  int64         // of one answer; 0: 32 MB
	Timeout   time.Duration // for one URL, with its redirects; 0: 10 s
	Redirects int           // 0: 3; negative: none
	AllowHTTP bool          // http beside https

	// Resolve and Dial replace those of package net, for tests and for networks of
	// one's own. What Resolve returns is checked all the same: an address that is not
	// public is refused, whatever host it belongs to.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// ErrFetchRefused says that a Fetcher of NewFetcher would not get a URL, because of its
// scheme, its host, its address, the size of the answer or the number of redirects.
var ErrFetchRefused = media.ErrRefused

// NewFetcher returns a Fetcher for https that asks listed hosts at public addresses
// only, with limits on size, time and redirects. It uses no proxy and no cookies. Where
// WithOffline or MTOK_OFFLINE forbids the network it asks nobody: *OfflineError.
func NewFetcher(o FetcherOptions) (Fetcher, error) {
	if len(o.Hosts) == 0 {
		return nil, &mistral.InputError{Place: "FetcherOptions.Hosts", Offset: -1, Err: errors.New(`empty; list those that may be asked, or "*"`)}
	}
	if o.MaxBytes < 0 || o.Timeout < 0 {
		return nil, &mistral.InputError{Place: "FetcherOptions", Offset: -1, Err: errors.New("a limit is negative")}
	}
	m := media.Options{
		Hosts: o.Hosts, MaxBytes: o.MaxBytes, Timeout: o.Timeout, Redirects: o.Redirects, Plain: o.AllowHTTP,
		Resolve: o.Resolve, Dial: o.Dial, MayAsk: mayAsk,
	}
	if m.MaxBytes == 0 {
		m.MaxBytes = 32 << 20
	}
	if m.Timeout == 0 {
		m.Timeout = 10 * time.Second
	}
	if m.Redirects == 0 {
		m.Redirects = 3
	}
	if m.Resolve == nil {
		m.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if m.Dial == nil {
		m.Dial = new(net.Dialer).DialContext
	}
	m.Redirects = max(m.Redirects, 0)
	return media.New(m), nil
}

// offlineKey marks the context of a call of a Runtime that is offline: a Fetcher of
// NewFetcher learns of it behind one of the caller's, too.
type offlineKey struct{}

// mayAsk is an *OfflineError where the network is forbidden.
func mayAsk(ctx context.Context, url string) error {
	if ctx.Value(offlineKey{}) == nil && !Offline() {
		return nil
	}
	return &OfflineError{What: url, Way: "send the image or audio inside the request (a data: URL, base64), or give WithFetcher a Fetcher of yours"}
}

// FetchError is a URL in a request that could not be fetched.
type FetchError struct {
	Place string // in the request: messages.0.content.1.image_url.url
	URL   string // as the request names it
	Err   error  // what went wrong, see Unwrap
}

func (e *FetchError) Error() string {
	return fmt.Sprintf("bridge: fetch %s at %s: %v", e.URL, e.Place, e.Err)
}

// Unwrap returns what went wrong: ErrFetchRefused, the context's error, or another.
func (e *FetchError) Unwrap() error { return e.Err }

// fetched is a request with what it names by URL inside it.
func fetched(ctx context.Context, rt *Runtime, request []byte) ([]byte, error) {
	if rt.offline {
		ctx = context.WithValue(ctx, offlineKey{}, true)
	}
	return media.Rewrite(request, func(place, url string) (string, error) {
		data, err := rt.fetcher.Fetch(ctx, url)
		if err != nil {
			return "", &FetchError{Place: place, URL: url, Err: err}
		}
		kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
		return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data), nil
	})
}
