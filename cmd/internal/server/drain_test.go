package server_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// drained runs a server of its own and gives what ends it.
func drained(t *testing.T, e server.Engine, o server.Options) (url string, stop func(), done chan error) {
	t.Helper()
	o.Addrs = []string{"127.0.0.1:0"}
	s, err := server.New(e, o)
	require.NoError(t, err)
	require.NoError(t, s.Listen())
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	done = make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return "http://" + s.Addrs()[0].String(), cancel, done
}

// hesitating is an engine that is drained, and then lets the server continue when the test does.
type hesitating struct {
	server.Engine
	drained chan struct{}
	gate    chan struct{}
}

func (h *hesitating) Drain() {
	h.Engine.Drain()
	close(h.drained)
	<-h.gate
}

func TestDrain(t *testing.T) {
	own, err := engine.Open(t.Context(), options())
	require.NoError(t, err)
	defer func() { require.NoError(t, own.Close(context.Background())) }()
	e := newSlow(own)
	const delay = 300 * time.Millisecond
	h := &hesitating{Engine: e, drained: make(chan struct{}), gate: make(chan struct{})}
	url, stop, done := drained(t, h, server.Options{DrainDelay: delay})
	early := make(chan answer, 1)
	go func() {
		a, _ := try(t.Context(), http.DefaultClient, "POST", url+"/tokenize", chat, isJSON)
		early <- a
	}()
	<-e.entered
	stop()
	// Not ready, and still serving.
	<-h.drained
	a := ask(t, "GET", url+"/readyz", "")
	assert.Equal(t, 503, a.status)
	assert.Equal(t, `{"reason":"the server is shutting down","status":"unavailable"}`, a.body)
	assert.Equal(t, 200, ask(t, "GET", url+"/health", "").status)
	assert.Equal(t, 200, ask(t, "GET", url+"/livez", "").status)
	// After the delay nobody else is let in, and who is in gets an answer.
	begun := time.Now()
	close(h.gate)
	eventually(t, "no listener", func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	assert.GreaterOrEqual(t, time.Since(begun), delay)
	select {
	case err := <-done:
		t.Fatal("it ended before the request did", err)
	default:
	}
	close(e.gate)
	assert.Equal(t, 200, (<-early).status)
	require.NoError(t, <-done)
}

func TestDrain_timeout(t *testing.T) {
	own, err := engine.Open(t.Context(), options())
	require.NoError(t, err)
	defer func() { require.NoError(t, own.Close(context.Background())) }()
	e := newSlow(own)
	url, stop, done := drained(t, e, server.Options{Drain: 50 * time.Millisecond})
	go func() { _, _ = try(t.Context(), http.DefaultClient, "POST", url+"/tokenize", chat, isJSON) }()
	<-e.entered
	stop()
	require.ErrorIs(t, <-done, context.DeadlineExceeded)
}
