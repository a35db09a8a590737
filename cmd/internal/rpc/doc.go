// Package rpc serves gRPC on a loaded engine: the typed service of
// proto/mistralbridge/v1, llm-d's tokenization.TokenizationService, health and reflection.
//
// The typed service speaks mistral_common's language through [bridge.Tokenizer]; llm-d's
// speaks vLLM's, and goes the way of the HTTP routes, so that its tokens are theirs.
// Nothing here decides what a token is, and no text of a request reaches a log, a metric or
// a trace: statuses go to the caller alone.
//
// # Listeners
//
// The server that [New] makes serves a listener of its own (Serve, and [Stop] to end it), or
// requests that an http.Server of HTTP/2 hands to its ServeHTTP, which is how one port and one
// socket speak both. There the http.Server's Shutdown waits for the calls and must come
// first: what ends the gRPC server cuts them. docs/grpc.md compares the two.
package rpc
