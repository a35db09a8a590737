// Package client makes the calls of package bridge on a server, mtok serve, with the same types,
// tokens and errors. It needs neither Python nor cgo, and works on every system that
// Go supports: on a Mac, on Windows, on Alpine, in an image without anything else.
//
//	c, err := client.New("http://tokenizer:8000")
//	tok, err := c.Tokenizer(ctx, "") // the server's first model
//	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{
//		Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello")}},
//	})
//
// A *Tokenizer is a bridge.Encoder, as a *bridge.Tokenizer is: a program may be written for
// either. It brings nothing into a build but the standard library and golang.org/x/sys.
//
// # Errors
//
// What the reference refuses is a *bridge.PyError of the same class, text and place in the
// request as from package bridge; so are *bridge.TokenIDError, *bridge.FetchError and
// *mistral.InputError. What the server could not do is a *ServerError, and what kept the call
// from it or the answer from here a *TransportError. bridge.ReasonOf, HTTPStatus and Retryable
// sort all of them, and errors.Is finds bridge.ErrOverloaded and its like in them.
//
// Two things stay on the server: the traceback of a PyError, and the text of errors that are
// not the request's fault.
//
// # Timeouts and retries
//
// A call lasts as long as its context and the http.Client allow, and the server's --timeout.
// Nothing is retried unless WithRetries says so. Every call may be: none changes the server.
package client
