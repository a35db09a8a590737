// Package conformance scores programs that tokenize for Mistral's models against
// the reference: it asks both the same questions and compares the answers, token by
// token. What a program does wrong, hanging, crashing and talking nonsense among it,
// is a finding about it and never an error here.
package conformance
