// Package refserver answers HTTP requests as the reference's servers do: vLLM's, and the one
// that comes with mistral_common. It is what `mtok serve` puts behind its listeners; it has
// none itself.
//
//	server := refserver.New(tok)
//	answer, err := server.Serve(ctx, refserver.RouteTokenize, body, refserver.Options{})
//	w.Header().Set("Content-Type", answer.ContentType())
//	w.WriteHeader(answer.Status)
//	w.Write(answer.AppendBody(nil))
package refserver
