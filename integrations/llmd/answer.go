package llmd

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// readPrompts reads the answer of a render route: an object for a chat, a list for completions.
func readPrompts(body []byte) ([]Prompt, error) {
	type rendered struct {
		TokenIDs []uint32 `json:"token_ids"`
	}
	var list []rendered
	var err error
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		err = json.Unmarshal(body, &list)
	} else {
		list = make([]rendered, 1)
		err = json.Unmarshal(body, &list[0])
	}
	if err != nil {
		return nil, fmt.Errorf("llmd: the answer of a render route: %w", err)
	}
	prompts := make([]Prompt, len(list))
	for i, one := range list {
		if len(one.TokenIDs) == 0 {
			return nil, ErrNoTokens
		}
		prompts[i].TokenIDs = one.TokenIDs
	}
	if len(prompts) == 0 {
		return nil, ErrNoTokens
	}
	return prompts, nil
}
