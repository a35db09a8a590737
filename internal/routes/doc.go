// Package routes is the table of the routes of `mtok serve`, with all that is known about each: its path, whose answer it
// is, the Python function that gives it, what its request may hold, how it is described. It is read by bridge/refserver, the
// HTTP server and its limits, the OpenAPI document, the load generator, and the Python side: pyshim/wire/routes.py and
// bridge/refserver/routes.go are generated from it (go generate ./internal/routes).
//
// It imports nothing, so that everything may import it.
package routes
