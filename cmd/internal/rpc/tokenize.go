package rpc

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// The calls below start at once and answer as futures: a stream has many of them under way
// and needs no goroutine for each.

func (s *tokenizerService) tokenize(ctx context.Context, r *mistralbridgev1.TokenizeRequest) *async.Future[*mistralbridgev1.TokenizeResponse] {
	model, err := s.models.find(r.GetModel())
	if err != nil {
		return async.Failed[*mistralbridgev1.TokenizeResponse](err)
	}
	tokens := model.Tokenizer().EncodeTextAsync(ctx, r.GetText(), r.GetBos(), r.GetEos())
	return async.Lazy(tokens, func() (*mistralbridgev1.TokenizeResponse, error) {
		ids, err := tokens.Result()
		if err != nil {
			return nil, err
		}
		count(ctx, len(ids))
		resp := &mistralbridgev1.TokenizeResponse{Tokens: ids}
		if r.GetWithPieces() {
			resp.Pieces, err = s.models.piecesOf(ctx, model, ids)
		}
		return resp, err
	})
}

func (s *tokenizerService) tokenizeChat(ctx context.Context, r *mistralbridgev1.TokenizeChatRequest) *async.Future[*mistralbridgev1.TokenizeChatResponse] {
	model, err := s.models.find(r.GetModel())
	if err != nil {
		return async.Failed[*mistralbridgev1.TokenizeChatResponse](err)
	}
	opts := append(limitOf(r), bridge.WithoutMedia())
	if r.GetWithText() {
		opts = append(opts, bridge.WithText())
	}
	encoded, err := encodeChat(ctx, model, r, opts)
	if err != nil {
		return async.Failed[*mistralbridgev1.TokenizeChatResponse](err)
	}
	return async.Lazy(encoded, func() (*mistralbridgev1.TokenizeChatResponse, error) {
		out, err := encoded.Result()
		if err != nil {
			return nil, err
		}
		count(ctx, len(out.Tokens))
		resp := &mistralbridgev1.TokenizeChatResponse{Tokens: out.Tokens, Text: out.Text}
		for _, w := range out.Warnings {
			resp.Warnings = append(resp.Warnings, &mistralbridgev1.Warning{Category: w.Category, Message: w.Message})
		}
		if r.GetWithPieces() {
			resp.Pieces, err = s.models.piecesOf(ctx, model, out.Tokens)
		}
		return resp, err
	})
}

// limitOf is what a chat may be cut to, if the request says so.
func limitOf(r *mistralbridgev1.TokenizeChatRequest) []bridge.EncodeOption {
	if r.MaxModelInputLen == nil {
		return nil
	}
	return []bridge.EncodeOption{bridge.WithMaxModelInputLen(int(r.GetMaxModelInputLen()))}
}

func encodeChat(ctx context.Context, model *engine.Model, r *mistralbridgev1.TokenizeChatRequest, opts []bridge.EncodeOption) (*async.Future[*bridge.Tokenized], error) {
	if text, ok := r.GetRequest().(*mistralbridgev1.TokenizeChatRequest_RequestJson); ok {
		return model.Tokenizer().EncodeChatJSONAsync(ctx, text.RequestJson, opts...), nil
	}
	req, err := chatOf(r)
	if err != nil {
		return nil, err
	}
	return model.Tokenizer().EncodeChatAsync(ctx, req, opts...), nil
}

// count counts without the ids crossing from Python.
func (s *tokenizerService) count(ctx context.Context, r *mistralbridgev1.CountRequest) *async.Future[*mistralbridgev1.CountResponse] {
	n, err := s.countCall(ctx, r)
	if err != nil {
		return async.Failed[*mistralbridgev1.CountResponse](err)
	}
	return async.Lazy(n, func() (*mistralbridgev1.CountResponse, error) {
		n, err := n.Result()
		if err != nil {
			return nil, err
		}
		count(ctx, n)
		return &mistralbridgev1.CountResponse{Count: int64(n)}, nil
	})
}

func (s *tokenizerService) countCall(ctx context.Context, r *mistralbridgev1.CountRequest) (*async.Future[int], error) {
	switch in := r.GetInput().(type) {
	case *mistralbridgev1.CountRequest_Tokenize:
		model, err := s.models.find(in.Tokenize.GetModel())
		if err != nil {
			return nil, err
		}
		return model.Tokenizer().CountTextAsync(ctx, in.Tokenize.GetText(), in.Tokenize.GetBos(), in.Tokenize.GetEos()), nil
	case *mistralbridgev1.CountRequest_TokenizeChat:
		model, err := s.models.find(in.TokenizeChat.GetModel())
		if err != nil {
			return nil, err
		}
		if text, ok := in.TokenizeChat.GetRequest().(*mistralbridgev1.TokenizeChatRequest_RequestJson); ok {
			return model.Tokenizer().CountJSONAsync(ctx, text.RequestJson, limitOf(in.TokenizeChat)...), nil
		}
		req, err := chatOf(in.TokenizeChat)
		if err != nil {
			return nil, err
		}
		return model.Tokenizer().CountAsync(ctx, req, limitOf(in.TokenizeChat)...), nil
	case *mistralbridgev1.CountRequest_ChatCompletionJson:
		model, err := s.models.asked(in.ChatCompletionJson)
		if err != nil {
			return nil, err
		}
		return model.Tokenizer().CountOpenAIAsync(ctx, in.ChatCompletionJson), nil
	}
	return nil, invalid("the request has neither tokenize nor tokenize_chat nor chat_completion_json")
}

// chatOf is the typed form of a chat as the reference's. What is wrong with the order of
// messages the reference will say.
func chatOf(r *mistralbridgev1.TokenizeChatRequest) (*mistral.ChatCompletionRequest, error) {
	in, ok := r.GetRequest().(*mistralbridgev1.TokenizeChatRequest_Chat)
	if !ok {
		return nil, invalid("the request has neither request_json nor chat")
	}
	req := &mistral.ChatCompletionRequest{}
	for _, m := range in.Chat.GetMessages() {
		content := mistral.Text(m.GetContent())
		if m.GetPrefix() && m.GetRole() != mistralbridgev1.Role_ROLE_ASSISTANT {
			return nil, invalid("only a message of the assistant may be a prefix")
		}
		switch m.GetRole() {
		case mistralbridgev1.Role_ROLE_SYSTEM:
			req.Messages = append(req.Messages, mistral.SystemMessage{Content: content})
		case mistralbridgev1.Role_ROLE_USER:
			req.Messages = append(req.Messages, mistral.UserMessage{Content: content})
		case mistralbridgev1.Role_ROLE_ASSISTANT:
			req.Messages = append(req.Messages, mistral.AssistantMessage{Content: content, Prefix: m.GetPrefix()})
		default:
			return nil, invalid("a message has no role")
		}
	}
	return req, nil
}
