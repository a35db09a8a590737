package jsonl

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

func (s *Server) truncate(ctx context.Context, r *request) future {
	t, text, n, err := s.cut(r, "text", "n", "side")
	side := "right"
	if err == nil && r.arg("side") != nil {
		side, err = r.str("side")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	asText := func(part string) []byte { return AppendJSON(nil, part) }
	switch side {
	case "right":
		return then(t.TruncateAsync(ctx, text, n), asText)
	case "left":
		return then(t.TruncateLeftAsync(ctx, text, n), asText)
	}
	return async.Failed[[]byte](badArguments(`truncate: "side", where something is cut off, has to be right or left`))
}

func (s *Server) split(ctx context.Context, r *request) future {
	t, text, n, err := s.cut(r, "text", "n", "overlap", "prefer")
	overlap, oerr := r.length("overlap")
	prefer, perr := r.str("prefer")
	for _, e := range []error{err, oerr, perr} {
		if e != nil {
			return async.Failed[[]byte](e)
		}
	}
	return then(t.SplitAsync(ctx, text, n, max(overlap, 0), bridge.Boundary(prefer)), func(sections []bridge.Section) []byte {
		type section struct {
			Text   string `json:"text"`
			Offset [2]int `json:"offset"`
			Count  int    `json:"count"`
		}
		out := make([]section, len(sections))
		for i, s := range sections {
			out[i] = section{text[s.Start:s.End], [2]int{s.Start, s.End}, s.Tokens}
		}
		return AppendJSON(nil, out)
	})
}

// cut reads what both ops have.
func (s *Server) cut(r *request, keys ...string) (t *bridge.Tokenizer, text string, n int, err error) {
	if t, err = s.tokenizer(r); err != nil {
		return nil, "", 0, err
	}
	if err = r.only(keys...); err != nil {
		return nil, "", 0, err
	}
	if text, err = r.needText("text"); err != nil {
		return nil, "", 0, err
	}
	if n, err = r.length("n"); err == nil && n < 0 {
		err = badArguments(`%s needs "n", how many tokens there may be`, r.op)
	}
	return t, text, n, err
}
