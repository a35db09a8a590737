package rpc

import (
	"context"
	"encoding/json"
	"maps"

	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// llmdService is llm-d's tokenization.TokenizationService. Its requests become those of
// vLLM's HTTP routes, as llm-d's own server makes vLLM's request classes of them.
type llmdService struct {
	tokenization.UnimplementedTokenizationServiceServer
	models *models
}

// Tokenize answers as POST /tokenize does to a prompt, and adds where in the input each
// token comes from: llm-d's client takes no answer without.
func (s *llmdService) Tokenize(ctx context.Context, r *tokenization.TokenizeRequest) (*tokenization.TokenizeResponse, error) {
	model, err := s.find(r.GetModelName())
	if err != nil {
		return nil, llmdError(ctx, err, "")
	}
	served, err := serve(ctx, model, refserver.RouteTokenize, tokenizeBody{Model: r.GetModelName(), Prompt: r.GetInput(), AddSpecialTokens: r.GetAddSpecialTokens()})
	if err != nil {
		return nil, llmdError(ctx, err, "Failed to tokenize prompt: ")
	}
	resp := &tokenization.TokenizeResponse{InputIds: unsigned(served.Tokens), Success: true}
	special := 0
	if r.GetAddSpecialTokens() {
		special = 1 // the begin of sequence
	}
	if special > len(served.Tokens) {
		return resp, nil
	}
	offsets, ok, err := locate(ctx, model.Tokenizer(), r.GetInput(), served.Tokens[special:])
	if err != nil {
		return nil, llmdError(ctx, err, "Failed to tokenize prompt: ")
	}
	if ok {
		resp.OffsetPairs = characters(r.GetInput(), offsets, special)
	}
	return resp, nil
}

// InitializeTokenizer says whether a model is loaded: none is for the asking. The other
// fields are for RenderChatTemplate of models whose template has such switches.
func (s *llmdService) InitializeTokenizer(_ context.Context, r *tokenization.InitializeTokenizerRequest) (*tokenization.InitializeTokenizerResponse, error) {
	if _, err := s.find(r.GetModelName()); err != nil {
		return &tokenization.InitializeTokenizerResponse{ErrorMessage: "Failed to initialize renderer for model: " + r.GetModelName()}, nil
	}
	return &tokenization.InitializeTokenizerResponse{Success: true}, nil
}

// RenderChatTemplate gives the reference's debug text, which is what transformers' backend
// of mistral_common gives for apply_chat_template(tokenize=False). Messages and model are all
// that llm-d's server looks at too.
func (s *llmdService) RenderChatTemplate(ctx context.Context, r *tokenization.ChatTemplateRequest) (*tokenization.ChatTemplateResponse, error) {
	model, err := s.find(r.GetModelName())
	if err != nil {
		return nil, llmdError(ctx, err, "")
	}
	messages := []messageBody{}
	for _, turn := range r.GetConversationTurns() {
		for _, m := range turn.GetMessages() {
			messages = append(messages, messageBodyOf(m))
		}
	}
	body, err := json.Marshal(map[string]any{"messages": messages})
	if err != nil {
		return nil, err
	}
	out, err := model.Tokenizer().EncodeChatJSON(ctx, body, bridge.WithText(), bridge.WithoutMedia())
	if err != nil {
		return nil, llmdError(ctx, err, "Failed to apply chat template: ")
	}
	return &tokenization.ChatTemplateResponse{RenderedPrompt: out.Text, Success: true}, nil
}

// find is the model of a name, which has to be given: llm-d's client always does.
func (s *llmdService) find(name string) (*engine.Model, error) {
	if name == "" {
		return nil, invalid("model_name is empty")
	}
	return s.models.find(name)
}

// llmdError is INTERNAL for whatever the request is to blame for, as llm-d's server has it;
// the code that would be apt is among the details. Overload, deadlines and the like keep
// theirs, so that who may try again knows it.
func llmdError(ctx context.Context, err error, prefix string) error {
	f := *explain(ctx, err)
	switch f.code {
	case codes.InvalidArgument, codes.NotFound, codes.Unimplemented:
		f.metadata = maps.Clone(f.metadata)
		if f.metadata == nil {
			f.metadata = map[string]string{}
		}
		f.metadata["code"] = f.code.String()
		f.code = codes.Internal
		f.message = prefix + f.message
	}
	return &f
}

// unsigned is a list of ids in llm-d's type.
func unsigned(ids []int32) []uint32 {
	out := make([]uint32, len(ids))
	for i, id := range ids {
		out[i] = uint32(id)
	}
	return out
}
