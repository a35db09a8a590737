package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// Route is one path that a server answers.
type Route struct {
	Path    string
	Methods []string
	Body    bool // it takes a JSON body
	Probe   bool // asked by machines all the time: logged at debug, no key, no trace
	Guarded bool // asks for an API key where there are any
}

type route struct {
	Route
	kind    refserver.Route // 0: not answered by the engine
	mistral bool            // errors in the form of mistral_common's server
	own     bool            // errors in the form of the server's own routes
	handle  func(*Server, *exchange)
	metrics *telemetry.Route
}

// guardedPrefixes are those that vLLM guards, also where no route is.
var guardedPrefixes = []string{"/v1", "/v2", "/inference", "/cohere"}

func guarded(path string) bool {
	return slices.ContainsFunc(guardedPrefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}

func (s *Server) table() []*route {
	post, get, read := []string{http.MethodPost}, []string{http.MethodGet}, []string{http.MethodGet, http.MethodHead}
	served := func(kind refserver.Route) *route {
		return &route{Route: Route{Path: kind.Path(), Methods: post, Body: true}, kind: kind, handle: (*Server).serve}
	}
	mistral := func(kind refserver.Route) *route {
		r := served(kind)
		r.mistral = true
		return r
	}
	own := func(path string, methods []string, h func(*Server, *exchange)) *route {
		return &route{Route: Route{Path: path, Methods: methods, Body: methods[0] == http.MethodPost}, own: true, handle: h}
	}
	probe := func(path string, methods []string, h func(*Server, *exchange)) *route {
		return &route{Route: Route{Path: path, Methods: methods, Probe: true}, handle: h}
	}
	table := []*route{
		served(refserver.RouteTokenize),
		served(refserver.RouteDetokenize),
		served(refserver.RouteRenderChat),
		served(refserver.RouteRenderCompletion),
		mistral(refserver.RouteMistralTokenize),
		mistral(refserver.RouteMistralDetokenize),
		mistral(refserver.RouteMistralDetokenizeString),
		own("/v1/encode", post, (*Server).encode),
		own("/v1/count", post, (*Server).count),
		own("/v1/decode", post, (*Server).decode),
		own("/v1/tokenizers", get, (*Server).tokenizers),
		{Route: Route{Path: "/v1/models", Methods: get}, handle: (*Server).models},
		{Route: Route{Path: "/version", Methods: get}, handle: (*Server).version},
		probe("/health", get, (*Server).health),
		probe("/ping", []string{http.MethodGet, http.MethodPost}, (*Server).health),
		probe("/livez", read, (*Server).live),
		probe("/readyz", read, (*Server).ready),
		{Route: Route{Path: "/metrics", Methods: read, Probe: true}, handle: handled(s.metricsPage())},
	}
	if s.o.TokenizerInfo {
		table = append(table, &route{Route: Route{Path: refserver.RouteTokenizerInfo.Path(), Methods: get}, kind: refserver.RouteTokenizerInfo, handle: (*Server).info})
	}
	if s.o.OpenAPI != nil {
		table = append(table, &route{Route: Route{Path: "/openapi.json", Methods: read}, handle: handled(s.compressed(s.o.OpenAPI))})
	}
	if s.o.Page != nil {
		table = append(table, &route{Route: Route{Path: "/", Methods: read}, handle: handled(s.compressed(s.o.Page))})
	}
	for _, r := range table {
		r.Guarded = guarded(r.Path) || s.o.KeysAll && (!r.Probe || r.Path == "/metrics")
		r.metrics = s.o.Metrics.Route(r.Path, r.Body)
	}
	return table
}

// Routes are what the server answers.
func (s *Server) Routes() []Route {
	out := make([]Route, 0, len(s.routes))
	for _, r := range s.routes {
		if r != s.unknown {
			out = append(out, r.Route)
		}
	}
	slices.SortFunc(out, func(a, b Route) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// redirect is where FastAPI sends a path that is a route's but for the slash at its end.
func (s *Server) redirect(r *http.Request) (string, bool) {
	path, slash := strings.CutSuffix(r.URL.Path, "/")
	if !slash {
		path += "/"
	}
	if path == "" || path == "/" || s.routes[path] == nil {
		return "", false
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return scheme + r.Host + path, true
}
