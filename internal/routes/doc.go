// Package routes is the table of what `mtok serve` answers, and all that is known of each route: its path, whose answer it
// is, the Python function that gives it, what its request may hold, how it is described. Whatever asks such a question reads
// it here: bridge/refserver, the HTTP server and its limits, the OpenAPI document, the load generator, and the Python side,
// of which pyshim/wire/routes.py is generated, as bridge/refserver/routes.go is (go generate ./internal/routes).
//
// It imports nothing, so that everything may import it.
package routes
