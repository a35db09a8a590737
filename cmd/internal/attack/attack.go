package attack

import (
	"fmt"
	"slices"
)

// Attack is one way to cost a server more than it should.
type Attack struct {
	Name string
	Run  func(*Target) error
}

// All are the attacks that there are.
func All() []Attack {
	return slices.Concat(connections(), framing(), bodies(), packed(), floods(), streams(), calls(), messages())
}

// answers is an error where a status is none of the wanted. A server that wants a key may say that instead.
func (t *Target) answers(got int, want ...int) error {
	if slices.Contains(want, got) || t.Refuses && got == 401 {
		return nil
	}
	return fmt.Errorf("status %d instead of %v", got, want)
}
