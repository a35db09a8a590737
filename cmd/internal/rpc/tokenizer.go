package rpc

import (
	"context"
	"log/slog"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// tokenizerService is mistralbridge.v1.TokenizerService. What its methods return as an error
// the guard explains to the caller.
type tokenizerService struct {
	mistralbridgev1.UnimplementedTokenizerServiceServer
	models  *models
	window  int
	timeout time.Duration
	log     *slog.Logger
	blame   blame
}

func (s *tokenizerService) Tokenize(ctx context.Context, r *mistralbridgev1.TokenizeRequest) (*mistralbridgev1.TokenizeResponse, error) {
	return s.tokenize(ctx, r).Await(ctx)
}

func (s *tokenizerService) TokenizeChat(ctx context.Context, r *mistralbridgev1.TokenizeChatRequest) (*mistralbridgev1.TokenizeChatResponse, error) {
	return s.tokenizeChat(ctx, r).Await(ctx)
}

func (s *tokenizerService) Count(ctx context.Context, r *mistralbridgev1.CountRequest) (*mistralbridgev1.CountResponse, error) {
	return s.count(ctx, r).Await(ctx)
}

func (s *tokenizerService) Detokenize(ctx context.Context, r *mistralbridgev1.DetokenizeRequest) (*mistralbridgev1.DetokenizeResponse, error) {
	model, err := s.models.find(r.GetModel())
	if err != nil {
		return nil, err
	}
	policy, ok := policies[r.GetSpecialTokenPolicy()]
	if !ok {
		return nil, invalid("there is no such special_token_policy")
	}
	text, err := model.Tokenizer().Decode(ctx, r.GetTokens(), policy)
	if err != nil {
		return nil, err
	}
	return &mistralbridgev1.DetokenizeResponse{Text: text}, nil
}

var policies = map[mistralbridgev1.SpecialTokenPolicy]bridge.Policy{
	mistralbridgev1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_UNSPECIFIED: bridge.Ignore,
	mistralbridgev1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_IGNORE:      bridge.Ignore,
	mistralbridgev1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_KEEP:        bridge.Keep,
	mistralbridgev1.SpecialTokenPolicy_SPECIAL_TOKEN_POLICY_RAISE:       bridge.Raise,
}

func (s *tokenizerService) ListModels(context.Context, *mistralbridgev1.ListModelsRequest) (*mistralbridgev1.ListModelsResponse, error) {
	if _, err := s.models.find(""); err != nil {
		return nil, err
	}
	info := s.models.engine.Info()
	resp := &mistralbridgev1.ListModelsResponse{Versions: map[string]string{"python": info.Python}}
	for _, name := range []string{"mistral-common", "tiktoken", "sentencepiece", "vllm"} {
		if version, ok := info.Packages[name]; ok {
			resp.Versions[name] = version
		}
	}
	for _, m := range s.models.engine.Models() {
		d := m.Tokenizer().Describe()
		resp.Models = append(resp.Models, &mistralbridgev1.Model{
			Name: m.Name, Names: m.Names, MaxModelLen: int64(m.MaxModelLen),
			TokenizerClass: d.Class, TokenizerVersion: d.Version, VocabularySize: int64(d.Words),
		})
	}
	return resp, nil
}
