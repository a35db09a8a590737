package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/blockhash"
)

const (
	maxBody   = 32 << 20
	maxBlocks = 1 << 20 // remembered of a server, before all are forgotten
)

// Router knows what it sent where.
type Router struct {
	tok     *bridge.Tokenizer
	hasher  *blockhash.Hasher
	mu      sync.Mutex
	servers []*server
}

type server struct {
	proxy  *httputil.ReverseProxy
	blocks map[blockhash.Hash]bool
	busy   int // requests under way
}

// New makes a Router for servers at these URLs.
func New(tok *bridge.Tokenizer, hasher *blockhash.Hasher, urls []string) (*Router, error) {
	if len(urls) == 0 {
		return nil, errors.New("no servers")
	}
	r := &Router{tok: tok, hasher: hasher}
	for _, text := range urls {
		target, err := url.Parse(text)
		if err != nil || target.Host == "" {
			return nil, fmt.Errorf("%q is no URL of a server", text)
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
		r.servers = append(r.servers, &server{proxy: proxy, blocks: map[blockhash.Hash]bool{}})
	}
	return r, nil
}

func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	var hashes []blockhash.Hash
	if req.URL.Path == "/v1/chat/completions" {
		done, err := r.tok.EncodeOpenAI(req.Context(), body, bridge.WithoutMedia())
		if err != nil {
			http.Error(w, err.Error(), bridge.HTTPStatus(err))
			return
		}
		var sent struct {
			Salt string `json:"cache_salt"`
		}
		_ = json.Unmarshal(body, &sent) // it was read as JSON above
		hashes = r.hasher.Blocks(blockhash.Prompt{Tokens: done.Tokens, Salt: sent.Salt})
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	s := r.choose(hashes)
	defer r.release(s)
	s.proxy.ServeHTTP(w, req)
}

// choose returns the server with the longest cached part, and of several the least busy.
func (r *Router) choose(hashes []blockhash.Hash) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	best := slices.MinFunc(r.servers, func(a, b *server) int {
		return cmp.Or(b.cached(hashes)-a.cached(hashes), a.busy-b.busy, len(a.blocks)-len(b.blocks))
	})
	if len(best.blocks)+len(hashes) > maxBlocks {
		clear(best.blocks)
	}
	for _, h := range hashes {
		best.blocks[h] = true
	}
	best.busy++
	return best
}

// cached is how many blocks a prompt has in common with those before.
func (s *server) cached(hashes []blockhash.Hash) int {
	n := slices.IndexFunc(hashes, func(h blockhash.Hash) bool { return !s.blocks[h] })
	if n < 0 {
		return len(hashes)
	}
	return n
}

func (r *Router) release(s *server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.busy--
}
