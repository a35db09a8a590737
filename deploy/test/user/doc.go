// Package user tests the library as a module of somebody else gets it: vendored, without paths, as
// a position-independent program, as a shared library, with the race detector, and without cgo.
package user
