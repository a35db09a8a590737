package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options configure a Fetcher. What is zero has no default here.
type Options struct {
	Hosts     []string // "images.example.org", "*.example.org" for all below it, "*" for all
	MaxBytes  int64
	Timeout   time.Duration // for one URL, with its redirects
	Redirects int
	Plain     bool // http beside https
	Resolve   func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	MayAsk    func(ctx context.Context, url string) error // why nobody may be asked; nil if they may
}

// Fetcher gets URLs over https, and http where that is allowed. Safe for any number of
// goroutines.
type Fetcher struct {
	opts   Options
	client *http.Client
}

// ErrRefused is the root of what is refused before anything is sent.
var ErrRefused = errors.New("not allowed")

// New returns a Fetcher. It uses no proxy, keeps no connection and no cookie.
func New(o Options) *Fetcher {
	f := &Fetcher{opts: o}
	f.client = &http.Client{
		Transport: &http.Transport{
			DialContext: f.dial, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > o.Redirects {
				return fmt.Errorf("%w: more than %d redirects", ErrRefused, o.Redirects)
			}
			return f.allowed(req.URL)
		},
	}
	return f
}

// Fetch returns the body of a good answer.
func (f *Fetcher) Fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: no URL", ErrRefused)
	}
	if err := f.allowed(u); err != nil {
		return nil, err
	}
	if err := f.opts.MayAsk(ctx, address); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := f.client.Do(req)
	if err != nil {
		return nil, inner(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", answer.Status)
	}
	if answer.ContentLength > f.opts.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrRefused, answer.ContentLength, f.opts.MaxBytes)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, f.opts.MaxBytes+1))
	if err != nil {
		return nil, inner(err)
	}
	if int64(len(data)) > f.opts.MaxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrRefused, f.opts.MaxBytes)
	}
	return data, nil
}

// inner leaves out the URL that net/http quotes: the caller knows it.
func inner(err error) error {
	var quoted *url.Error
	if errors.As(err, &quoted) {
		return quoted.Err
	}
	return err
}

func (f *Fetcher) allowed(u *url.URL) error {
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !f.opts.Plain):
		return fmt.Errorf("%w: the scheme %q", ErrRefused, u.Scheme)
	case u.User != nil:
		return fmt.Errorf("%w: a user name in the URL", ErrRefused)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if !slices.ContainsFunc(f.opts.Hosts, func(pattern string) bool { return matches(strings.ToLower(pattern), host) }) {
		return fmt.Errorf("%w: the host %q is not on the list", ErrRefused, host)
	}
	return nil
}

func matches(pattern, host string) bool {
	if below, ok := strings.CutPrefix(pattern, "*"); ok {
		return host != "" && strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return pattern == host && host != ""
}

// dial connects to an address that was checked, so that a name which resolves to
// another one a moment later gains nothing.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := f.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		if !Public(a) {
			return nil, fmt.Errorf("%w: %s has the address %s, which is not public", ErrRefused, host, a)
		}
	}
	err = fmt.Errorf("%s has no address", host)
	for _, a := range found {
		var c net.Conn
		if c, err = f.opts.Dial(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func (f *Fetcher) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return f.opts.Resolve(ctx, host)
}
