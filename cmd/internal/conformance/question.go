package conformance

import (
	"context"
	"encoding/json"
	"fmt"
)

// Op is a kind of question.
type Op string

// The ops. Encode and Decode are of text, without special tokens.
const (
	Encode Op = "encode"
	Decode Op = "decode"
	Chat   Op = "chat"
	Count  Op = "count" // the number of tokens of a text or of a request
)

// Question is what both sides are asked.
type Question struct {
	Op      Op
	Text    string
	Request json.RawMessage // of Chat, and of Count where there is no text
	IDs     []int32         // of Decode
}

// Answer is what one side said.
type Answer struct {
	IDs     []int32
	Text    string // of Decode
	N       int    // of Count
	Refused string // why there is no answer; empty if there is one
}

// Asker answers questions about tokenizers, which it knows by the reference's names.
// Errors: *FaultError where there was no proper answer; any other ends the run.
type Asker interface {
	Ask(ctx context.Context, tokenizer string, q Question) (Answer, error)
}

// Reference is the side that is right.
type Reference interface {
	Asker
	// Pieces are the pieces of ids, nil for an id that is none.
	Pieces(ctx context.Context, tokenizer string, ids []int32) ([][]byte, error)
	// File is the file of a tokenizer.
	File(tokenizer string) (string, error)
}

// Kind is how an answer is wrong.
type Kind string

// The kinds of failures. The last three are those of a FaultError.
const (
	Wrong    Kind = "wrong"    // another answer than the reference's
	Refused  Kind = "refused"  // an error where the reference has an answer
	Accepted Kind = "accepted" // an answer where the reference has an error
	Timeout  Kind = "timeout"
	Crash    Kind = "crash"
	Garbage  Kind = "garbage"
)

// FaultError is a program that gave no proper answer.
type FaultError struct {
	Kind Kind
	Text string
}

func (f *FaultError) Error() string { return string(f.Kind) + ": " + f.Text }

func garbage(format string, args ...any) *FaultError {
	return &FaultError{Garbage, fmt.Sprintf(format, args...)}
}
