package loadtest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// Route is a kind of request that one of the servers answers.
type Route struct {
	Name string // on the command line
	Path string
	list string // what stands before the tokens in an answer
}

// Routes are the routes that take a chat and answer with its tokens.
func Routes() []Route {
	named := [][2]string{{"tokenize", "tokenize"}, {"render", "render_chat"}, {"mistral", "mistral_tokenize"}}
	all := make([]Route, 0, len(named))
	for _, names := range named {
		r := routes.Named(names[1])
		list := ""
		if r.Tokens != "" {
			list = `"` + r.Tokens + `":`
		}
		all = append(all, Route{names[0], r.Path, list})
	}
	return all
}

// FindRoute returns the route of that name. Errors: there is none.
func FindRoute(name string) (Route, error) {
	all := Routes()
	if i := slices.IndexFunc(all, func(r Route) bool { return r.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return Route{}, fmt.Errorf("there is no route %q; there are %s", name, strings.Join(names, ", "))
}

// tokens returns the numbers of an answer as they are written, without the brackets; false: it has none.
func (r Route) tokens(answer []byte) ([]byte, bool) {
	_, rest, ok := bytes.Cut(answer, []byte(r.list))
	if !ok {
		return nil, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \n"), []byte("["))
	if !ok {
		return nil, false
	}
	list, _, ok := bytes.Cut(rest, []byte("]"))
	return list, ok
}

// count returns how many tokens an answer has; -1: it has no list of tokens.
func (r Route) count(answer []byte) int {
	list, ok := r.tokens(answer)
	switch {
	case !ok:
		return -1
	case len(bytes.TrimSpace(list)) == 0:
		return 0
	}
	return bytes.Count(list, []byte(",")) + 1
}
