// Package engine holds the models that a server answers with: it opens the bridge, loads
// each model, says when they are ready, and picks the one that a request asks for. HTTP
// and gRPC both stand on it; it knows neither.
//
//	e := engine.Start(engine.Options{Models: …})   // returns at once
//	err := e.Wait(ctx)                             // loaded, or why not
//	served, err := e.Serve(ctx, refserver.RouteTokenize, body, id)
//	e.Drain()                                      // Ready fails from now on
//	err = e.Close(ctx)
//
// All methods may be called from any number of goroutines. None but Wait, Serve and
// Close waits for anything: what a probe asks is read from memory.
package engine
