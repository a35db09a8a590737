package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// exportHead is the first line of an export.
type exportHead struct {
	Corpus     string            `json:"corpus"`
	Python     string            `json:"python"`
	Packages   map[string]string `json:"packages"`
	Tokenizers []string          `json:"tokenizers"`
}

// exportLine is a case with the reference's answer for one tokenizer: of a text the
// tokens without special ones and what they decode to, of a request its tokens, or
// why it is refused.
type exportLine struct {
	Tokenizer string `json:"tokenizer"`
	corpus.Case
	Tokens  []int32 `json:"tokens"`
	Decoded *string `json:"decoded,omitempty"`
	Refused string  `json:"refused,omitempty"`
}

// Export writes the corpus and the reference's answers as JSON Lines, for those who
// test without this program.
func Export(ctx context.Context, ref Reference, r Report, cfg Config, w io.Writer) error {
	cfg = cfg.withDefaults()
	out := bufio.NewWriter(w)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(exportHead{r.Corpus, r.Python, r.Packages, cfg.Tokenizers}); err != nil {
		return err
	}
	for _, name := range cfg.Tokenizers {
		for _, c := range corpus.All() {
			if !slices.Contains(cfg.Categories, c.Category) {
				continue
			}
			line, err := export(ctx, ref, name, c)
			if err != nil {
				return err
			}
			if err := e.Encode(line); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func export(ctx context.Context, ref Reference, tokenizer string, c corpus.Case) (exportLine, error) {
	op := Encode
	if c.Category.IsChat() {
		op = Chat
	}
	line := exportLine{Tokenizer: tokenizer, Case: c}
	_, a, err := expect(ctx, ref, tokenizer, c, op)
	if err != nil {
		return line, err
	}
	line.Tokens, line.Refused = a.IDs, a.Refused
	if op == Encode && a.Refused == "" {
		_, back, err := expect(ctx, ref, tokenizer, c, Decode)
		if err != nil {
			return line, err
		}
		line.Decoded = &back.Text
	}
	return line, nil
}
