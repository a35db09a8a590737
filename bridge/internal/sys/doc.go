// Package sys has the system calls that worker processes and environments need and that package os has no word for.
// It needs no C. What only Linux has fails elsewhere with errors.ErrUnsupported, so that everything above it builds on
// any system; Workers says beforehand whether it would.
package sys
