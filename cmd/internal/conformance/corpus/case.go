package corpus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"unicode"
)

// Version changes whenever a case does.
const Version = 1

// Category is a kind of input.
type Category string

// The categories: of texts, then of chats.
const (
	Languages  Category = "languages"
	Code       Category = "code"
	Whitespace Category = "whitespace"
	Emoji      Category = "emoji"
	Numbers    Category = "numbers"
	Controls   Category = "controls"
	Lookalikes Category = "lookalikes"
	Long       Category = "long"
	Chat       Category = "chat"
	Tools      Category = "tools"
	Turns      Category = "turns"
	Errors     Category = "errors"
)

// Categories are all of them, in the order of reports.
func Categories() []Category {
	return []Category{Languages, Code, Whitespace, Emoji, Numbers, Controls, Lookalikes, Long, Chat, Tools, Turns, Errors}
}

// IsChat reports whether the cases of a category are requests, and not texts.
func (c Category) IsChat() bool {
	return c == Chat || c == Tools || c == Turns || c == Errors
}

// Case is one input: a text, or the JSON of a ChatCompletionRequest.
type Case struct {
	ID       string          `json:"id"`
	Category Category        `json:"category"`
	Text     string          `json:"text,omitempty"`
	Request  json.RawMessage `json:"request,omitempty"`
}

// Len is the size of the input in bytes.
func (c Case) Len() int { return len(c.Text) + len(c.Request) }

// All are all cases, the same in every run of a program of one Go version:
// the scripts are those of its Unicode tables.
func All() []Case {
	var all []Case
	for _, part := range []struct {
		c     Category
		texts []string
	}{
		{Languages, languages()}, {Code, code()}, {Whitespace, whitespace()}, {Emoji, emoji()},
		{Numbers, numbers()}, {Controls, controls()}, {Lookalikes, lookalikes()}, {Long, long()},
		{Chat, chats()}, {Tools, tools()}, {Turns, turns()}, {Errors, refusals()},
	} {
		known := map[string]bool{}
		for _, text := range part.texts {
			if known[text] {
				continue // two ways of making inputs may make the same one
			}
			c := Case{ID: fmt.Sprintf("%s/%03d", part.c, len(known)), Category: part.c}
			known[text] = true
			if part.c.IsChat() {
				c.Request = json.RawMessage(text)
			} else {
				c.Text = text
			}
			all = append(all, c)
		}
	}
	return all
}

// random gives the same numbers in every run.
func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it hides nothing
}

// Name names this corpus, for reports.
func Name() string {
	return fmt.Sprintf("corpus %d, Unicode %s", Version, unicode.Version)
}
