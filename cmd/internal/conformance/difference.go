package conformance

import (
	"context"
	"fmt"
	"strings"
)

// Token is an id and the piece that the reference's vocabulary has for it.
type Token struct {
	ID    int32  `json:"id"`
	Piece string `json:"piece"` // quoted as Go does; empty if there is no such id
}

func (t Token) String() string { return fmt.Sprintf("%d %s", t.ID, visible(t.Piece)) }

// Difference is the first place where two lists of tokens differ, and what is
// around it.
type Difference struct {
	At     int     `json:"at"`
	Before []Token `json:"before"` // what both have
	Want   []Token `json:"want"`   // the reference, from there on
	Got    []Token `json:"got"`
}

// around is how many tokens of each are shown.
const around = 4

func differ(ctx context.Context, ref Reference, tokenizer string, want, got []int32) (*Difference, error) {
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	d := &Difference{At: at}
	for _, part := range []struct {
		to  *[]Token
		ids []int32
	}{
		{&d.Before, want[max(0, at-around):at]}, {&d.Want, want[at:min(len(want), at+around)]}, {&d.Got, got[at:min(len(got), at+around)]},
	} {
		pieces, err := ref.Pieces(ctx, tokenizer, part.ids)
		if err != nil {
			return nil, err
		}
		*part.to = make([]Token, len(part.ids))
		for i, id := range part.ids {
			(*part.to)[i] = Token{ID: id}
			if pieces[i] != nil {
				(*part.to)[i].Piece = fmt.Sprintf("%q", pieces[i])
			}
		}
	}
	return d, nil
}

func (d *Difference) String() string {
	return fmt.Sprintf("after [%s] the reference has [%s], it has [%s]", list(d.Before), list(d.Want), list(d.Got))
}

func list(tokens []Token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}
