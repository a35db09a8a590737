// Package verify runs the three checks that the project grew from, in Go and
// against the plain Python call inside the same interpreter: nothing stalls while
// a large payload is encoded, the tokens are the reference's, and the bridge adds
// less than 5 %.
//
// Two of them depend on the clock, and so on whatever else the machine does. So
// measuring is kept apart from judging (judge.go and stall.go use no clock), and
// every measurement records the load it was made under. A result that other
// programs' work could explain counts neither for nor against the bridge: it is
// reported as not judged.
package verify
