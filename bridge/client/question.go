package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// question is one request to the server.
type question struct {
	op     string // what errors call it
	method string
	path   string
	query  url.Values
	body   []byte
}

// ask asks, and asks again where that is wanted. It returns the body of an answer of 200.
func (c *Client) ask(ctx context.Context, q *question) ([]byte, error) {
	for try := 0; ; try++ {
		answer, err := c.try(ctx, q)
		if err == nil || try == c.retries || !bridge.Retryable(err) {
			return answer, err
		}
		wait := time.NewTimer(pause(err, try))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, ended(ctx, q.op)
		}
	}
}

// pause is how long to wait before another try: as the server says, else twice as long each time,
// and not at the same moment as others.
func pause(err error, try int) time.Duration {
	var server *ServerError
	if errors.As(err, &server) && server.RetryAfter > 0 {
		return server.RetryAfter
	}
	most := 100 * time.Millisecond << min(try, 6)
	return most/2 + rand.N(most/2) //nolint:gosec // no secret
}

func ended(ctx context.Context, op string) error { return fmt.Errorf("bridge: %s: %w", op, ctx.Err()) }

func (c *Client) try(ctx context.Context, q *question) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx, q.op)
	}
	address := c.base + q.path
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, address, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	// A list without an entry is not sent, and says that a connection which the server has closed
	// meanwhile is no reason to fail: see http.Transport.
	r.Header["Idempotency-Key"] = nil
	r.Header.Set("Accept-Encoding", "identity") // packing costs the server more than most networks
	if q.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.undelivered(ctx, q.op, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, c.undelivered(ctx, q.op, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, readFailure(ctx, q, resp, text)
	}
	return text, nil
}

// undelivered is the error of a request that has no answer.
func (c *Client) undelivered(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	if wrapped := new(url.Error); errors.As(err, &wrapped) && !wrapped.Timeout() {
		err = wrapped.Err // its text has the address, and so has ours
	}
	return newTransportError(op, c.address, err)
}
