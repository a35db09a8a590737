// Package conformance scores programs that tokenize for Mistral's models against the
// reference: it asks both the same questions and compares the answers, token by token.
// A program that hangs, crashes or answers nonsense fails a check; that is never an
// error of this package.
package conformance
