// Package loadtest puts servers under load and compares them: mtok serve, mistral_common's own server, and vLLM's render
// server. Its client is cheap, since it shares the processors with the servers: a request is a prepared text in which
// only a number changes, each connection has one goroutine, and tokens of an answer are counted, not decoded.
package loadtest
