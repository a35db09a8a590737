package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// readInput is the argument, what is in FILE if it is "@FILE", or all of stdin if
// there is none or it is "-".
func readInput(s streams, args []string) (string, error) {
	if len(args) == 1 && args[0] != "-" {
		return readArgument(args[0])
	}
	text, err := io.ReadAll(stdin(s))
	if err != nil {
		return "", usageError{fmt.Errorf("read stdin: %w", err)}
	}
	return string(text), nil
}

// stdin returns s.in, after a note to a person at a terminal.
func stdin(s streams) io.Reader {
	if isTerminal(s.in) {
		fmt.Fprintln(s.err, "mtok: reading from the terminal; end with Ctrl-D")
	}
	return s.in
}

func readArgument(arg string) (string, error) {
	path, ok := strings.CutPrefix(arg, "@")
	if !ok {
		return arg, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", noFile(arg, err)
	}
	return string(text), nil
}

// noFile is about an argument @FILE that cannot be read.
func noFile(arg string, err error) error {
	return usageError{fmt.Errorf("%s: %w; an argument that begins with @ names a file to read: give a text that begins with it on stdin, with - in its place", arg, err)}
}

// isFileName reports whether an argument that was to be JSON is the name of a file.
func isFileName(arg string) bool {
	if arg == "" || strings.HasPrefix(arg, "@") || len(arg) > 4096 {
		return false
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}

// checkUTF8 names the place, which the bridge's own error does not.
func checkUTF8(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	at := 0
	for at < len(text) {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return fmt.Errorf("%w: byte %d of the input is 0x%02x; convert the input to UTF-8 first, for instance with iconv",
		bridge.ErrInvalidUTF8, at, text[at])
}

// isTerminal reports whether v is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
