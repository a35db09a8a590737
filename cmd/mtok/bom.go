package main

import (
	"fmt"
	"strings"
)

// bom is how some editors begin a file. JSON may not begin with it, and in a text it is a
// character with tokens of its own.
const bom = "\ufeff"

// noteBOM notes that a text begins with one: the tokens are right, but hardly those that
// were meant.
func noteBOM(s streams, text string, isText bool) {
	if isText && strings.HasPrefix(text, bom) {
		fmt.Fprintln(s.err, "mtok: warning: the input begins with a byte order mark, which has tokens of its own; save the file as UTF-8 without one")
	}
}
