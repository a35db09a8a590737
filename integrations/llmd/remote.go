package llmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The mode of messages, by the contract's names.
const (
	Auto   = "auto"   // native where the renderer has the route, else legacy
	Native = "native" // POST /v1/messages/render
	Legacy = "legacy" // converted to a chat
)

// Config is the plugin's, for its vllm backend.
type Config struct {
	ModelName    string   // the model of probes and of converted messages
	URLs         []string // none: http://localhost:8000; several take turns
	MessagesMode string   // "" is Auto
	// Timeout is for completions, 0 for 5 seconds; chats and messages have the longer of it and
	// MMTimeout, which is 30 seconds where it is 0.
	Timeout, MMTimeout time.Duration
	AttemptTimeout     time.Duration     // for each of two attempts; 0: what is left
	APIKey             string            // for probes, which no client's header comes with
	Transport          http.RoundTripper // nil: one of HTTP/1.1 with 16 idle connections a server, and the system's CAs
}

// Remote asks a server's render routes.
type Remote struct {
	c      Config
	client *http.Client
	turn   atomic.Uint64

	asking chan struct{} // who finds out mode has put something in; the others wait for it, or for their end
	mode   string        // of messages: "" until it is known
}

// NewRemote makes a Remote. It asks nothing.
func NewRemote(c Config) (*Remote, error) {
	if len(c.URLs) == 0 {
		c.URLs = []string{"http://localhost:8000"}
	}
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
	c.MMTimeout = max(c.Timeout, cmp.Or(c.MMTimeout, 30*time.Second))
	r := &Remote{c: c, asking: make(chan struct{}, 1)}
	switch c.MessagesMode {
	case "", Auto:
	case Native, Legacy:
		r.mode = c.MessagesMode
	default:
		return nil, fmt.Errorf("llmd: messages are rendered %s, %s or %s, not %q", Auto, Native, Legacy, c.MessagesMode)
	}
	r.client = &http.Client{Transport: c.Transport}
	if c.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 16
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(true)
		r.client.Transport = transport
	}
	return r, nil
}

// Close gives idle connections back.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// Produce renders a request. Errors: *RenderError; ErrNoTokens; a *url.Error where no
// renderer was reached; and ctx's or a timeout's, which is context.DeadlineExceeded.
func (r *Remote) Produce(ctx context.Context, req Request) ([]Prompt, error) {
	timeout := r.c.MMTimeout
	if req.API == Completions {
		timeout = r.c.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if req.API != Messages {
		return r.render(ctx, req)
	}
	mode, err := r.messagesMode(ctx, req.Authorization)
	if err != nil {
		return nil, err
	}
	if mode == Legacy {
		if req, err = asChat(req, r.c.ModelName); err != nil {
			return nil, err
		}
	}
	return r.render(ctx, req)
}

// messagesMode finds out what the renderer has, once.
func (r *Remote) messagesMode(ctx context.Context, authorization string) (string, error) {
	select {
	case r.asking <- struct{}{}:
		defer func() { <-r.asking }()
	case <-ctx.Done():
		return "", fmt.Errorf("llmd: how messages are rendered is not known yet: %w", ctx.Err())
	}
	if r.mode != "" {
		return r.mode, nil
	}
	if authorization == "" && r.c.APIKey != "" {
		authorization = "Bearer " + r.c.APIKey
	}
	probe := Request{API: Messages, Body: probeOf(r.c.ModelName), Authorization: authorization}
	_, err := r.render(ctx, probe)
	mode := Native
	var refused *RenderError
	if errors.As(err, &refused) && (refused.Status == http.StatusNotFound || refused.Status == http.StatusMethodNotAllowed) {
		mode = Legacy
		if probe, err = asChat(probe, r.c.ModelName); err == nil {
			_, err = r.render(ctx, probe)
		}
	}
	if err != nil {
		return "", fmt.Errorf("llmd: how messages are rendered is not known yet: %w", err)
	}
	r.mode = mode
	return mode, nil
}

// render asks one renderer, and another one if there is one and the first could not.
func (r *Remote) render(ctx context.Context, req Request) ([]Prompt, error) {
	first := r.turn.Add(1)
	for attempt := uint64(0); ; attempt++ {
		prompts, err := r.attempt(ctx, r.c.URLs[(first+attempt)%uint64(len(r.c.URLs))], req)
		var refused *RenderError
		final := err == nil || ctx.Err() != nil || errors.Is(err, ErrNoTokens) || errors.As(err, &refused) && !refused.Retryable()
		if final || attempt > 0 || len(r.c.URLs) == 1 {
			return prompts, err
		}
	}
}

func (r *Remote) attempt(ctx context.Context, url string, req Request) ([]Prompt, error) {
	if r.c.AttemptTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.c.AttemptTimeout)
		defer cancel()
	}
	path := renderPath(req.API)
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(url, "/")+path, bytes.NewReader(req.Body))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/json")
	if req.Authorization != "" {
		post.Header.Set("Authorization", req.Authorization)
	}
	answer, err := r.client.Do(post)
	if err != nil {
		return nil, fmt.Errorf("llmd: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("llmd: %s: %w", path, err)
	}
	if answer.StatusCode/100 != 2 {
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return nil, &RenderError{Path: path, Status: answer.StatusCode, Body: begin(body), RetryAfter: time.Duration(seconds) * time.Second}
	}
	return readPrompts(body)
}

func renderPath(api API) string { return "/v1/" + string(api) + "/render" }

// begin is what an error has of an answer.
func begin(body []byte) string { return string(body[:min(len(body), 1<<10)]) }
