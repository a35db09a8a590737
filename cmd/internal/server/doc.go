// Package server is the HTTP side of `mtok serve`: the routes of vLLM's tokenizer and
// render server and of mistral_common's, in front of an engine.Engine.
//
// Python decides the answers (refserver.Server.Serve). This package does what a
// web server does: listeners, limits, keys, compression, request ids, logs, metrics, traces,
// and a shutdown that loses no request.
//
// # A request
//
//	net/http ─► ServeHTTP (key, route) ─► body (limits, unpacking) ─► engine.Serve ─► answer ─► metrics, log
//
// Buffers are pooled. An exchange has all that is known about a request, and the writer of its answer. A connection whose
// caller does not read is closed, see pacedConn. Large answers are written in pieces, so that no goroutine keeps a
// processor for long: /health shares it.
//
// # What is never disclosed
//
// Logs, metrics and traces have the route, sizes, counts and times of a request, and
// nothing of its content: no body, no query, no path that is not a route's, and no text of
// an error that could quote one.
package server
