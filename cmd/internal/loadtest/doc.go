// Package loadtest puts servers under load and compares them: mtok serve, mistral_common's own server, and vLLM's render
// server. Its client is to cost little, since it shares the processors with what it measures: requests are bytes made
// once, in which a number changes; a connection is a goroutine; an answer's tokens are counted and not decoded.
package loadtest
