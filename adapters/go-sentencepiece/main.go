// Command go-sentencepiece is the adapter of github.com/eliben/go-sentencepiece.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	sentencepiece "github.com/eliben/go-sentencepiece"
)

type request struct {
	ID   json.RawMessage `json:"id"`
	Op   string          `json:"op"`
	H    string          `json:"h"`
	Args struct {
		Path   string `json:"path"`
		A      []any  `json:"a"`
		Tokens []int  `json:"tokens"`
	} `json:"args"`
}

type object map[string]any

var handles = map[string]*sentencepiece.Processor{}

func main() {
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			_ = out.Encode(object{"id": nil, "err": object{"type": "BadLine", "message": err.Error()}})
			continue
		}
		answer := object{"id": r.ID}
		if ok, err := serve(r); err != nil {
			answer["err"] = object{"type": "Error", "message": err.Error()}
		} else {
			answer["ok"] = ok
		}
		_ = out.Encode(answer)
	}
}

func serve(r request) (any, error) {
	tok := handles[r.H]
	switch r.Op {
	case "info":
		return object{
			"name": "Go eliben/go-sentencepiece", "version": "0.6.0", "supports": []string{"encode", "decode"}, "load": "path",
			"tokenizers": []string{"v1", "v2", "v3", "v7", "v7-mm"},
		}, nil
	case "load":
		tok, err := sentencepiece.NewProcessorFromPath(r.Args.Path)
		if err != nil {
			return nil, err
		}
		h := fmt.Sprintf("h%d", len(handles))
		handles[h] = tok
		return object{"h": h}, nil
	case "raw":
		ids := []int{}
		for _, t := range tok.Encode(r.Args.A[0].(string)) {
			ids = append(ids, t.ID)
		}
		return ids, nil
	case "decode":
		return tok.Decode(r.Args.Tokens), nil
	}
	return nil, fmt.Errorf("no op %q", r.Op)
}
