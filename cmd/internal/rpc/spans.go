package rpc

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

func (s *tokenizerService) Spans(ctx context.Context, r *mistralbridgev1.SpansRequest) (*mistralbridgev1.SpansResponse, error) {
	model, err := s.models.asked(r.GetChatCompletionJson())
	if err != nil {
		return nil, err
	}
	encoded, err := model.Tokenizer().EncodeOpenAI(ctx, r.GetChatCompletionJson(), bridge.WithSpans(), bridge.WithoutMedia())
	if err != nil {
		return nil, err
	}
	count(ctx, len(encoded.Tokens))
	resp := &mistralbridgev1.SpansResponse{Tokens: encoded.Tokens, Spans: make([]*mistralbridgev1.Span, len(encoded.Spans))}
	for i, span := range encoded.Spans {
		resp.Spans[i] = &mistralbridgev1.Span{
			Start: int32(span.Start), Length: int32(span.Len), Message: int32(span.Message), Role: span.Role,
			Kind: string(span.Kind), Within: string(span.Within), Weight: span.Weight,
		}
	}
	if mask := r.GetLossMask(); mask != nil {
		resp.LossMask = bridge.LossMask{
			LastOnly: mask.GetLastOnly(), WithoutThinking: mask.GetWithoutThinking(), WithoutToolCalls: mask.GetWithoutToolCalls(),
		}.Of(encoded)
	}
	return resp, nil
}

func (s *tokenizerService) Offsets(ctx context.Context, r *mistralbridgev1.OffsetsRequest) (*mistralbridgev1.OffsetsResponse, error) {
	model, err := s.models.find(r.GetModel())
	if err != nil {
		return nil, err
	}
	found, err := model.Tokenizer().Offsets(ctx, r.GetText())
	if err != nil {
		return nil, err
	}
	count(ctx, len(found.Tokens))
	resp := &mistralbridgev1.OffsetsResponse{Tokens: found.Tokens, OffsetPairs: make([]uint32, 0, 2*len(found.Offsets))}
	for _, o := range found.Offsets {
		resp.OffsetPairs = append(resp.OffsetPairs, uint32(o.Start), uint32(o.End))
	}
	return resp, nil
}
