package bulk

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// ReadPlan reads the plan of a run; fs.ErrNotExist where none was begun there.
func ReadPlan(dir store.Store) (*plan.Plan, error) {
	text, err := dir.Read(plan.Name)
	if err != nil {
		return nil, err
	}
	p, err := plan.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Root(), err)
	}
	return p, nil
}

// CheckPlace refuses a place with what no run has put there.
func CheckPlace(dir store.Store) error {
	names, err := dir.Names()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	other := ""
	for _, name := range names {
		switch name {
		case plan.Name:
			return nil
		case "tmp": // of a run that ended before it had a plan
		default:
			other = name
		}
	}
	if other != "" {
		return fmt.Errorf("%s is not empty and holds no run: %s is there; give a new one", dir.Root(), other)
	}
	return nil
}

// Begin stores the plan, or holds it against the one that is there: of several that begin at
// once one wins, and the others have to be the same. Errors: *plan.DifferentError,
// *source.ChangedError.
func Begin(dir store.Store, p *plan.Plan) error {
	was, err := ReadPlan(dir)
	if errors.Is(err, fs.ErrNotExist) {
		var conflict *store.ConflictError
		if _, err = dir.Put(plan.Name, p.Encode()); !errors.As(err, &conflict) {
			return err
		}
		if err := dir.Remove(conflict.Kept); err != nil && !errors.Is(err, fs.ErrNotExist) { // mtok bulk gc may have
			return err
		}
		was, err = ReadPlan(dir)
	}
	if err != nil {
		return err
	}
	return was.Differ(p, dir.Root())
}
