// Package verify runs the three checks that the project grew from, in Go and
// against the plain Python call inside the same interpreter: nothing stalls while
// a large payload is encoded, the tokens are the reference's, and crossing costs
// less than 5 %.
package verify
