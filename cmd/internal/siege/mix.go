//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// connections are how many requests are under way at once.
const connections = 16

// mix sends requests of all kinds.
type mix struct {
	c         *http.Client
	conn      *grpc.ClientConn
	address   string
	next      atomic.Uint64
	cancelled atomic.Int64

	mu       sync.Mutex
	statuses map[int]int
	wrong    error
}

func (m *mix) send(ctx context.Context, n int) error {
	var group sync.WaitGroup
	var sent atomic.Int64
	for range connections {
		group.Go(func() {
			for sent.Add(1) <= int64(n) && ctx.Err() == nil {
				m.one(ctx, m.next.Add(1))
			}
		})
	}
	group.Wait()
	return errors.Join(ctx.Err(), m.wrong)
}

// kinds are requests with the status that each is to have.
var kinds = []struct {
	path, body string
	want       int
}{
	{"/tokenize", `{"prompt":"%s"}`, 200},
	{"/tokenize", `{"messages":[{"role":"user","content":"%s"}]}`, 200},
	{"/v1/tokenize/", `{"messages":[{"role":"user","content":"%s"}]}`, 200},
	{"/v1/chat/completions/render", `{"messages":[{"role":"user","content":"%s"}]}`, 200},
	{"/v1/completions/render", `{"prompt":"%s"}`, 200},
	{"/tokenize", `{"return_token_strs":true,"prompt":"%s"}`, 200},
	{"/detokenize", `{"tokens":[1,22177,1044]}`, 200},
	{"/v1/detokenize/", `[1,22177,1044]`, 200},
	{"/v1/detokenize/string", `{"tokens":[1,22177]}`, 0},
	{"/tokenize", `{"prompt":`, 400},
	{"/tokenize", `{"model":"none","prompt":"%s"}`, 404},
	{"/v1/tokenize/", `{"messages":"%s"}`, 422},
	{"/nowhere", `{}`, 404},
}

func (m *mix) one(ctx context.Context, i uint64) {
	text := fmt.Sprintf("request %d ", i)
	switch {
	case i%500 == 0:
		text += strings.Repeat("word ", 20<<10) // large
	case i%5000 == 1:
		text = strings.Repeat("x", 2<<20) // too large
	}
	if i%50 == 7 {
		// Given up sooner or later.
		short, cancel := context.WithTimeout(ctx, time.Duration(i/50%20)*500*time.Microsecond)
		defer cancel()
		if _, _, err := ask(short, m.c, m.address, "POST", "/tokenize", fmt.Appendf(nil, kinds[1].body, text+strings.Repeat("word ", 1000))); err != nil {
			m.cancelled.Add(1)
		}
		return
	}
	kind := kinds[i%uint64(len(kinds))]
	want, send := kind.want, func() (int, error) {
		body := kind.body
		if strings.Contains(body, "%s") {
			body = fmt.Sprintf(body, text)
		}
		status, _, err := ask(ctx, m.c, m.address, "POST", kind.path, []byte(body))
		return status, err
	}
	if i%4 == 3 {
		want, send = m.call(ctx, i, text)
	}
	if len(text) > 1<<20 {
		want = 0
	}
	status, err := send()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses[status]++
	if ctx.Err() == nil && m.wrong == nil && (err != nil || want != 0 && status != want || status >= 500) {
		m.wrong = fmt.Errorf("request %d, %s: status %d instead of %d: %w", i, kind.path, status, want, errors.Join(err))
	}
}

// call is a request of gRPC.
func (m *mix) call(ctx context.Context, i uint64, text string) (int, func() (int, error)) {
	s := v1.NewTokenizerServiceClient(m.conn)
	model, want := "", 200
	if i%16 == 3 {
		model, want = "none", 404
	}
	return want, func() (int, error) {
		var err error
		switch i / 4 % 4 {
		case 0, 1:
			_, err = s.Tokenize(ctx, &v1.TokenizeRequest{Model: model, Text: text, WithPieces: i%8 == 3})
		case 2:
			_, err = s.Detokenize(ctx, &v1.DetokenizeRequest{Model: model, Tokens: []int32{22177, 1044}})
		default:
			var stream interface {
				Send(*v1.TokenizeStreamRequest) error
				Recv() (*v1.TokenizeStreamResponse, error)
				CloseSend() error
			}
			if stream, err = s.TokenizeStream(ctx); err != nil {
				break
			}
			for range 3 {
				_ = stream.Send(&v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_Tokenize{Tokenize: &v1.TokenizeRequest{Text: text}}}) // Recv says why not
			}
			_ = stream.CloseSend()
			for err == nil {
				_, err = stream.Recv()
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if err == nil && want == 404 {
				return want, nil // each answer says it, and the stream continues
			}
		}
		return statusOf(err)
	}
}
