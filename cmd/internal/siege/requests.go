//go:build linux

package main

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"

	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// request is one that can be sent again and again.
type request struct {
	name string
	size int
	send func(ctx context.Context) (status int, err error)
}

// hang is what only a server that hangs reaches.
const hang = 5 * time.Minute

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: hang}
}

func posting(c *http.Client, address, name, path, body string) request {
	raw := []byte(body)
	return request{name, len(raw), func(ctx context.Context) (int, error) {
		status, _, err := ask(ctx, c, address, "POST", path, raw)
		return status, err
	}}
}

// heaviest are requests of nearly n bytes to every route that takes a text, tokens or JSON.
func heaviest(c *http.Client, conn *grpc.ClientConn, address string, n int) (all []request) {
	const room = 256 // for what stands around a text
	http := func(name, path, body string) { all = append(all, posting(c, address, name, path, body)) }
	for kind, text := range texts(n - room) {
		http("/tokenize "+kind, "/tokenize", `{"prompt":"`+text+`"}`)
		all = append(all, calling(conn, "Tokenize "+kind, len(text), func(ctx context.Context, s services) error {
			_, err := s.ours.Tokenize(ctx, &v1.TokenizeRequest{Text: text})
			return err
		}))
	}
	text := texts(n - room)["bytes"]
	chat := `"messages":[{"role":"user","content":"` + text + `"}]`
	ids, turns := many("1049", n-room), many(`{"role":"user","content":"a"},{"role":"assistant","content":"b"}`, n-room-40)
	turns = turns[:len(turns)-1] + `,{"role":"user","content":"c"}]`
	http("/tokenize with strings", "/tokenize", `{"return_token_strs":true,"prompt":"`+text+`"}`)
	http("/tokenize of a chat", "/tokenize", `{`+chat+`}`)
	http("/tokenize of turns", "/tokenize", `{"messages":`+turns+`}`)
	http("/tokenize of lists", "/tokenize", `{"messages":`+many("[]", n-room)+`}`)
	http("/v1/tokenize/", "/v1/tokenize/", `{`+chat+`}`)
	http("/v1/tokenize/ of turns", "/v1/tokenize/", `{"messages":`+turns+`}`)
	http("render a chat", "/v1/chat/completions/render", `{"temperature":0.5,`+chat+`}`)
	http("render turns", "/v1/chat/completions/render", `{"temperature":0.5,"messages":`+turns+`}`)
	http("render a text", "/v1/completions/render", `{"prompt":"`+text+`"}`)
	http("render tokens", "/v1/completions/render", `{"prompt":`+ids+`}`)
	http("render objects", "/v1/completions/render", `{"prompt":`+many("{}", n-room)+`}`)
	http("/detokenize", "/detokenize", `{"tokens":`+ids+`}`)
	http("/v1/detokenize/", "/v1/detokenize/", ids)
	http("/v1/detokenize/string", "/v1/detokenize/string", ids)
	grpc := func(name string, send func(ctx context.Context, s services) error) {
		all = append(all, calling(conn, name, n, send))
	}
	grpc("Tokenize with pieces", func(ctx context.Context, s services) error {
		_, err := s.ours.Tokenize(ctx, &v1.TokenizeRequest{Text: text, WithPieces: true})
		return err
	})
	grpc("TokenizeChat", func(ctx context.Context, s services) error {
		_, err := s.ours.TokenizeChat(ctx, &v1.TokenizeChatRequest{WithText: true, Request: &v1.TokenizeChatRequest_RequestJson{RequestJson: []byte(`{` + chat + `}`)}})
		return err
	})
	grpc("Count", func(ctx context.Context, s services) error {
		_, err := s.ours.Count(ctx, &v1.CountRequest{Input: &v1.CountRequest_Tokenize{Tokenize: &v1.TokenizeRequest{Text: text}}})
		return err
	})
	grpc("TokenizeStream", func(ctx context.Context, s services) error {
		stream, err := s.ours.TokenizeStream(ctx)
		if err != nil {
			return err
		}
		_ = stream.Send(&v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_Tokenize{Tokenize: &v1.TokenizeRequest{Text: text}}}) // Recv says why not
		_ = stream.CloseSend()
		_, err = stream.Recv()
		return err
	})
	tokens := make([]int32, (n-room)/2)
	for i := range tokens {
		tokens[i] = 1049
	}
	grpc("Detokenize", func(ctx context.Context, s services) error {
		_, err := s.ours.Detokenize(ctx, &v1.DetokenizeRequest{Tokens: tokens})
		return err
	})
	grpc("Render", func(ctx context.Context, s services) error {
		_, err := s.ours.Render(ctx, &v1.RenderRequest{Request: &v1.RenderRequest_ChatCompletionJson{ChatCompletionJson: []byte(`{` + chat + `}`)}})
		return err
	})
	grpc("llm-d's Tokenize", func(ctx context.Context, s services) error {
		_, err := s.llmd.Tokenize(ctx, &tokenization.TokenizeRequest{Input: text, ModelName: "v3-tekken"})
		return err
	})
	grpc("llm-d's RenderChatCompletion", func(ctx context.Context, s services) error {
		_, err := s.llmd.RenderChatCompletion(ctx, &tokenization.RenderChatCompletionRequest{ModelName: "v3-tekken", Messages: []*tokenization.ChatMessage{{Role: "user", Content: &text}}})
		return err
	})
	return all
}

// services are those of gRPC.
type services struct {
	ours v1.TokenizerServiceClient
	llmd tokenization.TokenizationServiceClient
}

func calling(conn *grpc.ClientConn, name string, size int, send func(context.Context, services) error) request {
	s := services{v1.NewTokenizerServiceClient(conn), tokenization.NewTokenizationServiceClient(conn)}
	return request{name, size, func(ctx context.Context) (int, error) {
		ctx, cancel := context.WithTimeout(ctx, hang)
		defer cancel()
		return statusOf(send(ctx, s))
	}}
}
