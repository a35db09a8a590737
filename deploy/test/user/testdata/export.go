package main

import "C"

import (
	"context"
	"fmt"
)

// Tokens is the door for a program that is not in Go.
//
//export Tokens
func Tokens() *C.char {
	tokens, err := encode(context.Background())
	if err != nil {
		return C.CString(err.Error())
	}
	return C.CString(fmt.Sprint(tokens))
}
