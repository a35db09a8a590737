package routes

import (
	"slices"
	"strings"
)

//go:generate go test -run TestGenerated -update .

// Route is one path, with the methods that it takes.
type Route struct {
	// Code is the Arg of the operation serve, for a route whose answer Python gives; 0 for the others. The codes are the
	// protocol's: append only.
	Code    int32
	Name    string // in lower case, for Python, Go and OpenAPI
	Methods []string
	Path    string
	Server  Server // whose route it is
	Handler string // the Python function below pyshim that answers, where vLLM itself does not

	NeedsVLLM bool // only vLLM itself answers: without it the answer is 404

	Media    bool   // its request is a chat, which may name images and audio
	InputLen bool   // it takes max_model_input_len as a query parameter
	Tokens   string // the key of the only list of tokens in its answer
	Flag     string // the flag of mtok serve without which it is not there
	Probe    bool   // machines ask it all the time: logged at debug, no trace
	Keyless  bool   // never asks for an API key

	// The words of the OpenAPI document.
	Summary string
	Text    string
	Example string   // a request's body that is answered with 200, as JSON
	Answers []Answer // what Go answers; those of Python are known by their kind
	Query   []Parameter
	Request string   // of a route whose body Go reads: its schema, a name in the document
	GRPC    []string // methods that answer alike
}

// Server is whose route it is: the form of its errors is that server's.
type Server uint8

// The servers.
const (
	VLLM    Server = iota
	Mistral        // the one that comes with mistral_common
	Own            // nobody else's: of the process
	Bridge         // nobody else's: of what the bridge has beside the references
	Library        // nobody else's: all that the bridge gives, for bridge/client
)

func (s Server) String() string {
	return [...]string{"vLLM", "mistral_common", "operation", "mistralbridge", "library"}[s]
}

// Answer describes an answer that Go gives.
type Answer struct {
	Status int
	Text   string
	Types  []string // content types; none: there is no body
	Schema string   // of JSON, a name in the document
}

// Parameter is one of the query, which may be absent.
type Parameter struct {
	Name  string
	Words []string // that it may be, the first by itself; none: a whole number from 0
	Text  string
}

// Body reports whether the route takes a body, which is JSON.
func (r *Route) Body() bool {
	return (r.Code != 0 || r.Request != "") && slices.Contains(r.Methods, "POST")
}

// Guarded reports whether the route asks for an API key where there are any, or only where all routes do.
func (r *Route) Guarded(all bool) bool { return Guarded(r.Path) || all && !r.Keyless }

// Guarded reports whether vLLM asks for a key at a path, be there a route or not.
func Guarded(path string) bool {
	return slices.ContainsFunc([]string{"/v1", "/v2", "/inference", "/cohere"}, func(p string) bool { return strings.HasPrefix(path, p) })
}

// Of is the route with that code, nil if there is none.
func Of(code int32) *Route {
	if code < 1 || int(code) > len(Table) || Table[code-1].Code != code {
		return nil
	}
	return &Table[code-1]
}

// Named is the route of that name, nil if there is none.
func Named(name string) *Route {
	if i := slices.IndexFunc(Table, func(r Route) bool { return r.Name == name }); i >= 0 {
		return &Table[i]
	}
	return nil
}
