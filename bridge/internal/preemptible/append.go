// Package preemptible copies what is large in pieces. One large copy cannot be interrupted: a garbage
// collection that begins waits for it, and every goroutine for the collection.
package preemptible

import "slices"

const (
	// piece is how many elements are copied at once.
	piece = 64 << 10
	// spare is room for what comes behind: most texts are not the last thing in a request.
	spare = 1 << 10
)

// Append is append(dst, src...).
func Append[B ~[]byte | ~string](dst []byte, src B) []byte {
	if len(src) > piece && len(src) > cap(dst)-len(dst) {
		dst = slices.Grow(dst, len(src)+spare)
	}
	for len(src) > piece {
		dst = appendPiece(dst, src[:piece])
		src = src[piece:]
	}
	return append(dst, src...)
}

// Clone is slices.Clone, of ids.
func Clone(src []int32) []int32 {
	dst := make([]int32, 0, len(src))
	for len(src) > piece {
		dst = appendIDs(dst, src[:piece])
		src = src[piece:]
	}
	return append(dst, src...)
}

// The collector gets in where a function is called, so these are not inlined.

//go:noinline
func appendPiece[B ~[]byte | ~string](dst []byte, src B) []byte { return append(dst, src...) }

//go:noinline
func appendIDs(dst, src []int32) []int32 { return append(dst, src...) }
