// Package verify runs the three checks that the project grew from, in Go and
// against the plain Python call inside the same interpreter: nothing stalls while
// a large payload is encoded, the tokens are the reference's, and crossing costs
// less than 5 %.
//
// Two of them go by the clock, and a clock tells as much about what else the
// machine does as about the bridge. So measuring is kept apart from judging
// (judge.go, stall.go: no clock, no machine), and every measurement comes with
// the load it was made under. What another program's work can explain is not
// held against the bridge, and not for it: it is not judged, and says so.
package verify
