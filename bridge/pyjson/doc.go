// Package pyjson takes JSON text apart without changing a byte of it, by the
// grammar of Python's json.loads: RFC 8259, and NaN, Infinity and -Infinity.
//
// Where the text of a number or the order of keys matters, decoding into Go
// values loses it; and encoding/json refuses NaN. Here a value is the piece of
// text that it takes up. All functions are safe for any number of goroutines;
// their results share memory with their arguments, except for strings.
package pyjson
