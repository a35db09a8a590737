// Package bundled carries a complete CPython inside the Go program.
//
// It is a package of its own because importing it adds about 36 MB to the
// binary: a program that brings its own Python pays nothing. The data comes from
// the Go module github.com/kluctl/go-embed-python; what that module would unpack
// into a shared, predictable temporary directory is written here only where the
// caller says.
//
// It has no packages. The first bridge.Open with it fetches those, see
// bridge.WithDistribution.
package bundled
