package server

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// modelList, modelCard and permission are vLLM's, key by key.
type modelList struct {
	Object string      `json:"object"`
	Data   []modelCard `json:"data"`
}

type modelCard struct {
	ID          string       `json:"id"`
	Object      string       `json:"object"`
	Created     int64        `json:"created"`
	OwnedBy     string       `json:"owned_by"`
	Root        string       `json:"root"`
	Parent      *string      `json:"parent"`
	MaxModelLen int          `json:"max_model_len"`
	Permission  []permission `json:"permission"`
}

type permission struct {
	ID                 string  `json:"id"`
	Object             string  `json:"object"`
	Created            int64   `json:"created"`
	AllowCreateEngine  bool    `json:"allow_create_engine"`
	AllowSampling      bool    `json:"allow_sampling"`
	AllowLogprobs      bool    `json:"allow_logprobs"`
	AllowSearchIndices bool    `json:"allow_search_indices"`
	AllowView          bool    `json:"allow_view"`
	AllowFineTuning    bool    `json:"allow_fine_tuning"`
	Organization       string  `json:"organization"`
	Group              *string `json:"group"`
	IsBlocking         bool    `json:"is_blocking"`
}

// models answers GET /v1/models: a card for each name, made now as vLLM makes it.
func (s *Server) models(x *exchange) {
	list := modelList{Object: "list", Data: []modelCard{}}
	created := time.Now().Unix()
	loaded := s.engine.Models()
	if loaded == nil {
		x.fail(engine.Classify(engine.ErrLoading))
		return
	}
	for _, m := range loaded {
		for _, name := range m.Names {
			list.Data = append(list.Data, modelCard{
				ID: name, Object: "model", Created: created, OwnedBy: "vllm", Root: m.Root, MaxModelLen: m.MaxModelLen,
				Permission: []permission{{
					ID: "modelperm-" + newID()[:16], Object: "model_permission", Created: created,
					AllowSampling: true, AllowLogprobs: true, AllowView: true, Organization: "*",
				}},
			})
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		x.fail(engine.Classify(err))
		return
	}
	x.json(http.StatusOK, string(text))
}
