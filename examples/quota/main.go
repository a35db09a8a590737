// Quota stands before a server with OpenAI's API and gives each API key a number of prompt
// tokens. They are counted before the server is asked:
//
//	quota -upstream http://localhost:8001 -tokenizer v3-tekken -tokens 1000000
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "where to listen")
	upstream := flag.String("upstream", "http://localhost:8001", "the server that answers")
	name := flag.String("tokenizer", "v3-tekken", "the tokenizer of its model")
	tokens := flag.Int("tokens", 1_000_000, "what a key may use")
	flag.Parse()
	target, err := url.Parse(*upstream)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	rt, err := bridge.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped(*name))
	if err != nil {
		log.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := &http.Server{Addr: *listen, Handler: New(tok, *tokens, proxy), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
