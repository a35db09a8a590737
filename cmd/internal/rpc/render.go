package rpc

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// generateRequest is what is wanted of vLLM's GenerateRequest beside its tokens.
type generateRequest struct {
	RequestID string   `json:"request_id"`
	TokenIDs  []int32  `json:"token_ids"`
	Model     string   `json:"model"`
	Features  *feature `json:"features"`
}

type feature struct {
	Hashes       map[string][]string      `json:"mm_hashes"`
	Placeholders map[string][]placeholder `json:"mm_placeholders"`
}

type placeholder struct {
	Offset int32 `json:"offset"`
	Length int32 `json:"length"`
}

// rendered is one GenerateRequest, with the JSON of it but for the tokens.
type rendered struct {
	generateRequest
	text []byte
}

// Render passes the body on and takes the answer apart.
func (s *tokenizerService) Render(ctx context.Context, r *mistralbridgev1.RenderRequest) (*mistralbridgev1.RenderResponse, error) {
	route, body := refserver.RouteRenderChat, r.GetChatCompletionJson()
	switch in := r.GetRequest().(type) {
	case nil:
		return nil, invalid("the request has neither chat_completion_json nor completion_json")
	case *mistralbridgev1.RenderRequest_CompletionJson:
		route, body = refserver.RouteRenderCompletion, in.CompletionJson
	}
	served, err := s.models.engine.Serve(ctx, refserver.Request{Route: route, Body: body, ID: requestID(ctx)})
	if err != nil {
		return nil, err
	}
	list, err := readRendered(served)
	if err != nil {
		return nil, err
	}
	resp := &mistralbridgev1.RenderResponse{}
	for _, g := range list {
		count(ctx, len(g.TokenIDs))
		resp.Rendered = append(resp.Rendered, &mistralbridgev1.Rendered{
			RequestId: g.RequestID, TokenIds: g.TokenIDs, Model: g.Model, Features: g.Features.proto(), GenerateRequestJson: g.text,
		})
	}
	return resp, nil
}

func (f *feature) proto() *mistralbridgev1.Features {
	if f == nil {
		return nil
	}
	p := &mistralbridgev1.Features{MmHashes: map[string]*mistralbridgev1.Hashes{}, MmPlaceholders: map[string]*mistralbridgev1.Placeholders{}}
	for modality, hashes := range f.Hashes {
		p.MmHashes[modality] = &mistralbridgev1.Hashes{Values: hashes}
	}
	for modality, ranges := range f.Placeholders {
		list := &mistralbridgev1.Placeholders{}
		for _, r := range ranges {
			list.Ranges = append(list.Ranges, &mistralbridgev1.Placeholder{Offset: r.Offset, Length: r.Length})
		}
		p.MmPlaceholders[modality] = list
	}
	return p
}

// readRendered is the answer of a render route: an object for a chat, a list for a
// completion. An answer that is an error is one here. Where the tokens came beside the JSON
// they belong to the only object in it.
func readRendered(s *refserver.Response) ([]rendered, error) {
	if s.Status != 200 {
		return nil, refused(s)
	}
	text := make([]byte, 0, len(s.Head)+len(s.Tail)+2)
	text = append(text, s.Head...)
	if s.Tokens != nil {
		text = append(append(text, "[]"...), s.Tail...)
	}
	objects := []json.RawMessage{text}
	if len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &objects); err != nil {
			return nil, fmt.Errorf("the answer of a render route: %w", err)
		}
	}
	list := make([]rendered, len(objects))
	for i, object := range objects {
		list[i].text = object
		if err := json.Unmarshal(object, &list[i].generateRequest); err != nil {
			return nil, fmt.Errorf("the answer of a render route: %w", err)
		}
	}
	if s.Tokens == nil {
		return list, withoutTokens(list)
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("the tokens of one prompt, and %d prompts", len(list))
	}
	list[0].TokenIDs = s.Tokens
	return list, nil
}

// withoutTokens empties the token_ids in the JSON of each: they are in its TokenIDs.
func withoutTokens(list []rendered) error {
	for i := range list {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(list[i].text, &members); err != nil {
			return err
		}
		members["token_ids"] = json.RawMessage("[]")
		text, err := json.Marshal(members)
		if err != nil {
			return err
		}
		list[i].text = text
	}
	return nil
}
