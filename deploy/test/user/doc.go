// Package user tests the library as another module gets it: vendored, without paths, as
// a position-independent program, as a shared library, with the race detector, and without cgo.
package user
