// Package raw has doors to single Python methods, with arguments and results as JSON, and the
// calls that measure the reference itself. Few programs need it; it follows the reference
// through all its changes, and promises no more than that.
//
//	pieces, err := raw.Of(tok).Call(ctx, "vocab", nil, nil)
//
// Errors, contexts and futures are those of package bridge.
package raw
