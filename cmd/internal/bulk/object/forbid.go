package object

import "context"

type forbidden struct{}

// Forbid is a context in which no object can be reached: err says why and what to do.
func Forbid(ctx context.Context, err func(url string) error) context.Context {
	return context.WithValue(ctx, forbidden{}, err)
}

// reachable is what Forbid says.
func (u URL) reachable(ctx context.Context) error {
	if err, ok := ctx.Value(forbidden{}).(func(string) error); ok {
		return err(u.String())
	}
	return nil
}
