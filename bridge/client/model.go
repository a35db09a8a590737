package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Model is one that the server has loaded.
type Model struct {
	Names       []string // that calls may use; the first is its own
	MaxModelLen int      // tokens
	Description bridge.Description
	Warnings    []bridge.Warning // of its loading, see bridge.Tokenizer.Warnings

	text json.RawMessage
}

// Info is what decides the server's tokens.
type Info struct {
	Python   string            // 3.14.6
	Packages map[string]string // by name, such as mistral-common
	Models   []Model           // the first answers where none is named
}

// Info asks for versions and models.
func (c *Client) Info(ctx context.Context) (*Info, error) {
	const op = "info"
	text, err := c.ask(ctx, &question{op: op, method: http.MethodGet, path: "/v1/tokenizers"})
	if err != nil {
		return nil, err
	}
	var list struct {
		Python   string            `json:"python"`
		Packages map[string]string `json:"packages"`
		Data     []struct {
			Names       []string        `json:"names"`
			MaxModelLen int             `json:"max_model_len"`
			Description json.RawMessage `json:"description"`
			Warnings    json.RawMessage `json:"warnings"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, unreadable(op, err)
	}
	info := &Info{Python: list.Python, Packages: list.Packages}
	for _, d := range list.Data {
		m := Model{Names: d.Names, MaxModelLen: d.MaxModelLen, text: d.Description}
		if err := json.Unmarshal(d.Description, &m.Description); err != nil {
			return nil, unreadable(op, err)
		}
		if m.Warnings, err = readWarnings(d.Warnings); err != nil {
			return nil, unreadable(op, err)
		}
		info.Models = append(info.Models, m)
	}
	return info, nil
}
