// Package pyjson takes JSON text apart without changing a byte of it, by the
// grammar of Python's json.loads: RFC 8259, and NaN, Infinity and -Infinity.
//
// Where the text of a number or the order of keys matters, decoding into Go
// values loses it; and encoding/json refuses NaN. Here a value is the piece of
// the text that it takes up. All functions are safe for any number of goroutines;
// what they return shares memory with what they were given, but for strings.
package pyjson
