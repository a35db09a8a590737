package pyjson

import "fmt"

// SyntaxError is text that json.loads would not take.
type SyntaxError struct {
	Offset int    // in bytes, from the start of the text given
	Text   string // what was found there, and what was expected
	// Truncated: the text ended too early; what there is of it could be continued.
	Truncated bool
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Text, e.Offset) }
