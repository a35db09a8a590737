package wire

// Route is a route of a reference server, by the Arg of OpServe.
type Route struct {
	Code    int32
	Name    string // in Python, in lower case
	Method  string
	Path    string
	Mistral bool // of mistral_common's server, otherwise of vLLM's
	Media   bool // its request is a chat, which may name images and audio
}

// Routes are all of them; their place is their code less one.
var Routes = []Route{
	{Code: 1, Name: "tokenize", Method: "POST", Path: "/tokenize", Media: true},
	{Code: 2, Name: "detokenize", Method: "POST", Path: "/detokenize"},
	{Code: 3, Name: "tokenizer_info", Method: "GET", Path: "/tokenizer_info"},
	{Code: 4, Name: "render_chat", Method: "POST", Path: "/v1/chat/completions/render", Media: true},
	{Code: 5, Name: "render_completion", Method: "POST", Path: "/v1/completions/render"},
	{Code: 6, Name: "mistral_tokenize", Method: "POST", Path: "/v1/tokenize/", Mistral: true, Media: true},
	{Code: 7, Name: "mistral_detokenize", Method: "POST", Path: "/v1/detokenize/", Mistral: true},
	{Code: 8, Name: "mistral_string", Method: "POST", Path: "/v1/detokenize/string", Mistral: true},
}

// RouteOf is the route with that code, nil if there is none.
func RouteOf(code int32) *Route {
	if code < 1 || int(code) > len(Routes) {
		return nil
	}
	return &Routes[code-1]
}
