package attack

import (
	"fmt"
	"slices"
)

// Attack is one way to cost a server more than it should.
type Attack struct {
	Name  string
	Run   func(*Target) error
	Lasts bool // it may last as long as the stranger likes: there is a limit on how many do
}

// All are the attacks that there are.
func All() []Attack {
	return slices.Concat(connections(), framing(), bodies(), packed(), floods(), streams(), calls(), messages(), unread())
}

// answers is an error where a status is none of the wanted. A server that wants a key may say that instead, and one
// that others attack too that it has no room.
func (t *Target) answers(got int, want ...int) error {
	if slices.Contains(want, got) || t.Refuses && got == 401 || t.Crowded && got == 429 {
		return nil
	}
	return fmt.Errorf("status %d instead of %v", got, want)
}
