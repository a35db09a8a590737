// Package engine holds the models of a server: it opens the bridge, loads each model,
// reports when they are ready, and picks the one that a request names. HTTP and gRPC are
// built on it; it knows neither.
//
//	e := engine.Start(engine.Options{Models: …})   // returns at once
//	err := e.Wait(ctx)                             // loaded, or why not
//	served, err := e.Serve(ctx, refserver.Request{Route: refserver.RouteTokenize, Body: body, ID: id})
//	e.Drain()                                      // Ready fails from now on
//	err = e.Close(ctx)
//
// All methods may be called from any number of goroutines. Only Wait, Serve and Close
// block: probes are answered from memory.
package engine
