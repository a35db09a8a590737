// Package execproto serves the line protocol of `mtok exec`, docs/protocol.md:
// JSON Lines in both directions, answers in the order of the requests, while the
// requests behind are read already.
package execproto
