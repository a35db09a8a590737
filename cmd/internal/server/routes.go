package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// route is one of the table's, as this server answers it.
type route struct {
	*routes.Route
	guarded bool // asks for an API key where there are any
	handle  handler
	metrics *telemetry.Route
}

type handler func(*Server, *exchange)

// handlers are those of the routes that Go answers, by name. One that the options do not ask for is nil.
func (s *Server) handlers() map[string]handler {
	all := map[string]handler{
		"count":        asks(count),
		"spans":        asks(spans),
		"offsets":      asks(offsets),
		"encode":       (*Server).encode,
		"count_tokens": (*Server).countTokens,
		"decode":       (*Server).decode,
		"text_stream":  (*Server).detokenizeStream,
		"tokenizers":   (*Server).tokenizers,
		"models":       (*Server).models,
		"version":      (*Server).version,
		"health":       (*Server).health,
		"ping":         (*Server).health,
		"livez":        (*Server).live,
		"readyz":       (*Server).ready,
		"metrics":      handled(s.metricsPage()),
		"openapi":      nil,
		"page":         nil,
	}
	if s.o.OpenAPI != nil {
		all["openapi"] = handled(s.compressed(s.o.OpenAPI))
	}
	if s.o.Page != nil {
		all["page"] = handled(s.compressed(s.o.Page))
	}
	for i := range routes.Table {
		r := &routes.Table[i]
		switch {
		case r.Code == 0:
		case r.Body():
			all[r.Name] = (*Server).serve
		default:
			all[r.Name] = (*Server).callEngine
		}
	}
	if !s.o.TokenizerInfo {
		all["tokenizer_info"] = nil
	}
	return all
}

// addRoutes adds what the table has.
func (s *Server) addRoutes() error {
	handlers := s.handlers()
	for i := range routes.Table {
		r := &routes.Table[i]
		h, ok := handlers[r.Name]
		if !ok {
			return fmt.Errorf("server: the route %s has no handler", r.Name)
		}
		if h == nil {
			continue
		}
		s.routes[r.Path] = &route{Route: r, guarded: r.Guarded(s.o.KeysAll), handle: h, metrics: s.o.Metrics.Route(r.Path, r.Body())}
	}
	s.unknown = &route{Route: &routes.Route{Path: "none"}, metrics: s.o.Metrics.Route("none", false)}
	return nil
}

// Routes are what the server answers.
func (s *Server) Routes() []*routes.Route {
	out := make([]*routes.Route, 0, len(s.routes))
	for _, r := range s.routes {
		out = append(out, r.Route)
	}
	slices.SortFunc(out, func(a, b *routes.Route) int { return strings.Compare(a.Path, b.Path) })
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
