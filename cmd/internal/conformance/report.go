package conformance

import (
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// Report is all that a run found.
type Report struct {
	Corpus   string            `json:"corpus"`
	Cases    int               `json:"cases"`
	Python   string            `json:"python"`
	Packages map[string]string `json:"packages"` // versions of the reference
	Entries  []*Entry          `json:"entries"`
}

// Score counts checks.
type Score struct {
	Passed int `json:"passed"`
	Total  int `json:"total"`
}

func (s *Score) add(o Score) { s.Passed += o.Passed; s.Total += o.Total }

// Rate is what part of the checks passed; 0 if there were none.
func (s Score) Rate() float64 {
	if s.Total == 0 {
		return 0
	}
	return float64(s.Passed) / float64(s.Total)
}

// Entry is a program.
type Entry struct {
	Name       string             `json:"name"`
	Version    string             `json:"version,omitempty"`
	Command    string             `json:"command"`
	Judged     bool               `json:"judged"` // counts for the exit code
	Supports   []Op               `json:"supports,omitempty"`
	Score      Score              `json:"score"`
	Note       string             `json:"note,omitempty"` // why it did not run
	Tokenizers []*TokenizerResult `json:"tokenizers"`
}

// TokenizerResult is a program with one tokenizer.
type TokenizerResult struct {
	Name     string     `json:"name"`
	Score    Score      `json:"score"`
	Cells    []Cell     `json:"cells"`
	Failures []*Failure `json:"failures"` // at least one for each cell and kind that has any
	Note     string     `json:"note,omitempty"`
	// Speed is its time for 32 KB of text divided by the reference's, with the line
	// protocol; 0 if it was not measured.
	Speed float64 `json:"speed,omitempty"`
}

// Cell is the score of one op in one category.
type Cell struct {
	Category corpus.Category `json:"category"`
	Op       Op              `json:"op"`
	Score
}

// Failure stands for failures of a kind in a cell that seem to have one cause, with
// the smallest input that was found.
type Failure struct {
	Category corpus.Category `json:"category"`
	Op       Op              `json:"op"`
	Kind     Kind            `json:"kind"`
	Count    int             `json:"count"`
	Cases    []string        `json:"cases"` // the shortest first
	Input    string          `json:"input"` // made of the first: a text, or the JSON of a request
	Text     string          `json:"text"`
	Tokens   *Difference     `json:"tokens,omitempty"`
}

// Category is the score of all ops of a category.
func (t *TokenizerResult) Category(c corpus.Category) Score {
	var s Score
	for _, cell := range t.Cells {
		if cell.Category == c {
			s.add(cell.Score)
		}
	}
	return s
}

// Title is the name and the version, fit to be shown: a program may say anything.
func (e *Entry) Title() string {
	return visible(cutText(strings.TrimSpace(e.Name+" "+e.Version), 80))
}

// Pass reports whether every judged program has at least the rate least, in what it
// supports, and ran at all.
func (r *Report) Pass(least float64) bool {
	for _, e := range r.Entries {
		if e.Judged && (e.Note != "" || e.Score.Total == 0 || e.Score.Rate() < least) {
			return false
		}
	}
	return true
}
