// Package rpc serves gRPC on a loaded engine: the typed service of
// proto/mistralbridge/v1, llm-d's tokenization.TokenizationService, health and reflection.
//
// The typed service uses mistral_common's requests through [bridge.Tokenizer]; llm-d's
// uses vLLM's, and runs the code of the HTTP routes, so that its tokens are the same.
// Nothing here decides what a token is, and no text of a request reaches a log, a metric or
// a trace: statuses go to the caller alone.
//
// # Listeners
//
// The server that [New] makes serves a listener of its own (Serve, and [Stop] to end it), or
// requests that an http.Server of HTTP/2 passes to its ServeHTTP, so that one port or one
// socket serves both. There the http.Server's Shutdown waits for the calls and must come
// first: stopping the gRPC server ends them. docs/grpc.md compares the two.
package rpc
