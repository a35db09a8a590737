// Router sends each chat to the vLLM server that has the longest part of its prompt in its
// prefix cache:
//
//	router -tokenizer v3-tekken http://gpu-1:8000 http://gpu-2:8000
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/blockhash"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "where to listen")
	name := flag.String("tokenizer", "v3-tekken", "the tokenizer of the servers' model")
	algorithm := flag.String("hash", string(blockhash.SHA256), "the servers' --prefix-caching-hash-algo")
	size := flag.Int("block-size", 16, "the servers' --block-size")
	seed := flag.String("seed", blockhash.DefaultSeed, "the servers' PYTHONHASHSEED")
	flag.Parse()
	hasher, err := blockhash.New(blockhash.Algorithm(*algorithm), *size, *seed)
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
	router, err := New(tok, hasher, flag.Args())
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *listen, Handler: router, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
