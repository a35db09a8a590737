// Package raw calls single Python methods, with arguments and results as JSON, and has the
// calls that measure the reference itself. Few programs need it; it changes with the
// reference, and promises no compatibility beyond that.
//
//	pieces, err := raw.Of(tok).Call(ctx, "vocab", nil, nil)
//
// Errors, contexts and futures are those of package bridge.
package raw
