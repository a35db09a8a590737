package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Client is a server. Its methods, and those of its Tokenizers, may be called from any number of
// goroutines. There is nothing to close: connections belong to the http.Client.
type Client struct {
	base    string
	address string // as errors name it: without a password
	http    *http.Client
	key     string
	retries int
}

// Option configures New.
type Option func(*Client) error

// WithHTTPClient has requests made by a client of yours: for TLS settings, a proxy, a timeout of
// each try, traces. Without it a client of package client's own is used, which has no timeout and
// keeps up to 100 idle connections.
func WithHTTPClient(c *http.Client) Option {
	return func(own *Client) error {
		if c == nil {
			return errors.New("WithHTTPClient: nil")
		}
		own.http = c
		return nil
	}
}

// WithAPIKey is one of the keys of --api-key-file.
func WithAPIKey(key string) Option {
	return func(c *Client) error {
		if key == "" || strings.ContainsAny(key, "\r\n") {
			return errors.New("WithAPIKey: the key is empty, or more than a line")
		}
		c.key = key
		return nil
	}
}

// WithRetries has a call that failed tried up to n more times, where bridge.Retryable says that it
// may succeed then: the server is overloaded, ends or starts, or cannot be reached. It waits as
// long as the server's Retry-After says, else a tenth of a second, doubled with each try, and no
// longer than the context lasts.
func WithRetries(n int) Option {
	return func(c *Client) error {
		if n < 0 {
			return fmt.Errorf("WithRetries: %d is negative", n)
		}
		c.retries = n
		return nil
	}
}

// New is a client of the server at an address: "http://tokenizer:8000", an https one, or
// "unix:///run/mtok.sock" for --uds. No connection is made.
func New(address string, opts ...Option) (*Client, error) {
	c := &Client{}
	for _, o := range opts {
		if err := o(c); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		if whole := new(url.Error); errors.As(err, &whole) {
			err = whole.Err // without the address, which may have a password
		}
		return nil, fmt.Errorf("client: the server's address: %w", err)
	}
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == "":
		c.base, c.address = strings.TrimSuffix(u.String(), "/"), strings.TrimSuffix(u.Redacted(), "/")
		if c.http == nil {
			c.http = &http.Client{Transport: transport(nil)}
		}
	case u.Scheme == "unix" && u.Host == "" && u.Path != "":
		if c.http != nil {
			return nil, errors.New("client: a Unix socket and WithHTTPClient: give its Transport the DialContext, and an http address")
		}
		c.base, c.address = "http://localhost", "http://localhost"
		c.http = &http.Client{Transport: transport(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", u.Path)
		})}
	default:
		return nil, fmt.Errorf("client: %q is no address of a server; write http://host:8000, https://host or unix:///path/of.sock", u.Redacted())
	}
	return c, nil
}

// transport is that of package net/http, with more idle connections; a Unix socket has no proxy.
func transport(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // somebody has put another there
		t = &http.Transport{}
	}
	t = t.Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 100
	if dial != nil {
		t.DialContext, t.Proxy = dial, nil
	}
	return t
}

// Ready asks whether requests should come: nil, or why not.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.ask(ctx, &question{op: "ready", method: http.MethodGet, path: "/readyz"})
	return err
}
