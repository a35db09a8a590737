// Package refserver answers HTTP requests as the reference's servers do: vLLM's, and the one
// that comes with mistral_common. `mtok serve` puts it behind its listeners; it has none
// itself.
//
//	server, err := refserver.New(tok, refserver.Options{})
//	…
//	answer, err := server.Serve(ctx, refserver.Request{Route: refserver.RouteTokenize, Body: body})
//	…
//	w.Header().Set("Content-Type", answer.ContentType)
//	w.WriteHeader(answer.Status)
//	w.Write(answer.AppendBody(nil))
package refserver
