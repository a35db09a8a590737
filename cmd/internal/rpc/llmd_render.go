package rpc

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

const renderFailed = "Render failed: "

// RenderChatCompletion answers as POST /v1/chat/completions/render does to the same chat.
func (s *llmdService) RenderChatCompletion(ctx context.Context, r *tokenization.RenderChatCompletionRequest) (*tokenization.RenderChatCompletionResponse, error) {
	model, err := s.find(r.GetModelName())
	if err != nil {
		return nil, llmdError(ctx, err, renderFailed)
	}
	body, err := chatBodyOf(r)
	if err != nil {
		return nil, llmdError(ctx, err, renderFailed)
	}
	g, err := renderOne(ctx, model, refserver.RouteRenderChat, body)
	if err != nil {
		return nil, llmdError(ctx, err, renderFailed)
	}
	return &tokenization.RenderChatCompletionResponse{
		RequestId: g.RequestID, TokenIds: unsigned(g.TokenIDs), Features: g.Features.llmd(), Success: true,
	}, nil
}

// RenderCompletion answers as POST /v1/completions/render does to the same prompt.
func (s *llmdService) RenderCompletion(ctx context.Context, r *tokenization.RenderCompletionRequest) (*tokenization.RenderCompletionResponse, error) {
	model, err := s.find(r.GetModelName())
	if err != nil {
		return nil, llmdError(ctx, err, renderFailed)
	}
	g, err := renderOne(ctx, model, refserver.RouteRenderCompletion, completionBody{Model: r.GetModelName(), Prompt: r.GetPrompt()})
	if err != nil {
		return nil, llmdError(ctx, err, renderFailed)
	}
	return &tokenization.RenderCompletionResponse{RequestId: g.RequestID, TokenIds: unsigned(g.TokenIDs), Success: true}, nil
}

func renderOne(ctx context.Context, model *engine.Model, route refserver.Route, body any) (*rendered, error) {
	served, err := serve(ctx, model, route, body)
	if err != nil {
		return nil, err
	}
	list, err := readRendered(served)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, errors.New("a render route answered without a prompt")
	}
	count(ctx, len(list[0].TokenIDs))
	return &list[0], nil
}

// serve answers a route, and makes an error of an answer that is one.
func serve(ctx context.Context, model *engine.Model, route refserver.Route, body any) (*refserver.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	served, err := model.Serve(ctx, refserver.Request{Route: route, Body: text, ID: requestID(ctx)})
	if err != nil {
		return nil, err
	}
	if served.Status != 200 {
		return nil, refused(served)
	}
	return served, nil
}

func (f *feature) llmd() *tokenization.MultiModalFeatures {
	if f == nil {
		return nil
	}
	p := &tokenization.MultiModalFeatures{MmHashes: map[string]*tokenization.StringList{}, MmPlaceholders: map[string]*tokenization.PlaceholderRangeList{}}
	for modality, hashes := range f.Hashes {
		p.MmHashes[modality] = &tokenization.StringList{Values: hashes}
	}
	for modality, ranges := range f.Placeholders {
		list := &tokenization.PlaceholderRangeList{}
		for _, r := range ranges {
			list.Ranges = append(list.Ranges, &tokenization.PlaceholderRange{Offset: r.Offset, Length: r.Length})
		}
		p.MmPlaceholders[modality] = list
	}
	return p
}
