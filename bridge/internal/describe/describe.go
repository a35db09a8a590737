// Package describe says what a value holds and how large it is, and quotes none of it, so that no request and no
// answer gets into a log by way of %v or of slog.
package describe

import (
	"slices"
	"strconv"
	"strings"
)

// Type is a type's name with what is in it.
func Type(name string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return name + "(" + strings.Join(parts, ", ") + ")"
}

// Number is as in "1 byte" and "2 bytes".
func Number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Sized is what is a text or absent.
func Sized[T ~string | ~[]byte](what string, text T) string {
	return what + " of " + Number(len(text), "byte")
}

// SizedIf is Sized of a text that may not be there.
func SizedIf[T ~string](what string, text *T) string {
	if text == nil {
		return ""
	}
	return Sized(what, *text)
}

// SizedRaw is Sized of JSON that may not be there.
func SizedRaw(what string, text []byte) string {
	if text == nil {
		return ""
	}
	return Sized(what, text)
}

// Several is how many there are of a list that may not be there.
func Several[T any](list []T, noun string) string {
	if list == nil {
		return ""
	}
	return Number(len(list), noun)
}

// Flagged is a word that is there or not.
func Flagged(set bool, word string) string {
	if set {
		return word
	}
	return ""
}
