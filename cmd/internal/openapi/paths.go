package openapi

import (
	"fmt"
	"net/http"
	"strings"
)

// The tags.
const vllm, mistral, operation = "vLLM", "mistral_common", "operation"

// infoPath is the one route of the engine that takes no body.
const infoPath = "/tokenizer_info"

// builder makes the paths of a document.
type builder struct {
	info   Info
	routes map[string]routeSchemas
	errs   []error
}

func (b *builder) paths() object {
	failure := b.schemas("/tokenize").Error
	paths := object{
		"/tokenize": b.served(served{
			path: "/tokenize", tag: vllm, id: "tokenize", summary: "The tokens of a text or of a chat",
			example: object{"prompt": "Hello, world!", "return_token_strs": true},
		}),
		"/detokenize": b.served(served{
			path: "/detokenize", tag: vllm, id: "detokenize", summary: "The text of tokens",
			example: object{"tokens": []int{22177, 1044, 4304, 1033}},
		}),
		"/v1/chat/completions/render": b.served(served{
			path: "/v1/chat/completions/render", tag: vllm, id: "render_chat", summary: "A chat as an engine is given it",
			text:    "Takes what /v1/chat/completions takes, and answers with the request that vLLM's engine would get: the tokens and the sampling parameters.",
			example: chatExample(),
		}),
		"/v1/completions/render": b.served(served{
			path: "/v1/completions/render", tag: vllm, id: "render_completion", summary: "A completion as an engine is given it",
			text:    "Takes what /v1/completions takes, and answers with a list: a request for each prompt.",
			example: object{"prompt": "Hello, world!", "max_tokens": 16},
		}),
		"/v1/tokenize/": b.served(served{
			path: "/v1/tokenize/", tag: mistral, id: "mistral_tokenize", summary: "The tokens of a chat", example: chatExample(),
		}),
		"/v1/detokenize/": b.served(served{
			path: "/v1/detokenize/", tag: mistral, id: "mistral_detokenize", summary: "The assistant's message that tokens are",
			example: []int{22177, 2},
		}),
		"/v1/detokenize/string": b.served(served{
			path: "/v1/detokenize/string", tag: mistral, id: "mistral_detokenize_string", summary: "The text of tokens",
			example: object{"tokens": []int{22177, 1044, 4304, 1033}},
		}),
		"/v1/encode":     b.encode(),
		"/v1/count":      b.count(),
		"/v1/decode":     b.decode(),
		"/v1/tokenizers": b.tokenizers(),
		"/v1/models": object{"get": b.operation(vllm, "models", "The names that requests may use", guarded, object{
			"200": answer("A card for each name.", asJSON(ref("ModelList"))),
			"503": b.unavailable(failure),
		})},
		"/version": object{"get": b.operation(vllm, "version", "The vLLM whose answers these are", open, object{
			"200": answer("Its version.", asJSON(ref("Version"))),
		})},
		"/health": object{"get": b.operation(vllm, "health", "Whether the server answers", probe, health())},
		"/ping": object{
			"get":  b.operation(vllm, "ping", "The same as /health", probe, health()),
			"post": b.operation(vllm, "ping_post", "The same as /health", probe, health()),
		},
		"/livez": read(b.operation(operation, "livez", "Whether the process lives", probe, object{
			"200": answer("It does.", asJSON(ref("Status"))),
		})),
		"/readyz": read(b.operation(operation, "readyz", "Whether requests should come", probe, object{
			"200": answer("They should.", asJSON(ref("Status"))),
			"503": answer("They should not: the models are being loaded, the server is shutting down, or Python does not start.", asJSON(ref("Status"))),
		})),
		"/metrics": read(b.operation(operation, "metrics", "Metrics for Prometheus", open, object{
			"200": answer("The metrics.", object{"text/plain": object{"schema": text()}, "application/openmetrics-text": object{"schema": text()}}),
		})),
		"/openapi.json": read(b.operation(operation, "openapi", "This document", open, object{
			"200": answer("The document.", asJSON(object{"type": "object"})),
			"503": b.unavailable(failure),
		})),
		"/": read(b.operation(operation, "page", "A page that shows the tokens of a text in colour", open, object{
			"200": answer("The page.", object{"text/html": object{"schema": text()}}),
		})),
	}
	if b.info.TokenizerInfo {
		r := b.schemas(infoPath)
		paths[infoPath] = object{"get": b.operation(vllm, "tokenizer_info", "What there is to say of the tokenizer", open, object{
			"200": answer("The class of the tokenizer.", asJSON(r.Response)),
			"500": answer("The server is at fault.", asJSON(r.Error)),
			"503": b.unavailable(r.Error),
		})}
	}
	return paths
}

// served is a route that the engine answers.
type served struct {
	path, tag, id, summary, text string
	example                      any
}

func (b *builder) served(s served) object {
	r := b.schemas(s.path)
	failed := asJSON(r.Error)
	responses := object{
		"200": answer("The answer.", asJSON(r.Response)),
		"400": answer("The reference refuses the request.", failed),
		"408": answer("The body took too long to arrive.", failed),
		"413": answer("The body, or what it unpacks to, is larger than --max-body.", failed),
		"415": answer("The Content-Encoding is none of gzip and zstd.", failed),
		"429": retry("More requests wait than --queue, or --body-memory, allows.", failed),
		"500": answer("The server is at fault.", failed),
		"503": b.unavailable(r.Error),
		"504": answer("The request took longer than --timeout.", failed),
	}
	if s.tag == mistral {
		responses["422"] = answer("The body is not what the route takes.", failed)
		responses["500"] = answer("The server is at fault.", object{
			"application/json": object{"schema": r.Error}, "text/plain": object{"schema": text()},
		})
	} else {
		responses["404"] = answer("No model has that name.", failed)
		responses["501"] = answer("The reference does not do that.", failed)
	}
	g := open
	if strings.HasPrefix(s.path, "/v1") {
		g = guarded
	}
	op := b.operation(s.tag, s.id, s.summary, g, responses)
	if s.text != "" {
		op["description"] = s.text
	}
	parameters := []object{{
		"name": "X-Request-Id", "in": "header", "required": false, "schema": text(),
		"description": "What the caller calls the request: in the access log, and part of the ids that are rendered.",
	}}
	if s.path == "/v1/tokenize/" {
		parameters = append(parameters, object{
			"name": "max_model_input_len", "in": "query", "required": false, "schema": object{"type": "integer", "minimum": 1},
			"description": "What a request with truncate_for_context_length is cut to, in tokens, by tokenizers from v7 on.",
		})
	}
	op["parameters"] = parameters
	op["requestBody"] = object{
		"required": true,
		"content":  object{"application/json": object{"schema": r.Request, "example": s.example}},
	}
	return object{"post": op}
}

func (b *builder) schemas(path string) routeSchemas {
	r, ok := b.routes[path]
	if !ok {
		b.errs = append(b.errs, fmt.Errorf("openapi: there is no schema of %s", path))
	}
	needed := map[string]any{"response": r.Response, "error": r.Error}
	if path != infoPath {
		needed["request"] = r.Request
	}
	for name, schema := range needed {
		if ok && schema == nil {
			b.errs = append(b.errs, fmt.Errorf("openapi: there is no schema of the %s of %s", name, path))
		}
	}
	return r
}

// guard says whether an operation asks for a key.
type guard uint8

const (
	open    guard = iota // if all do
	guarded              // if any do
	probe                // never
)

func (b *builder) operation(tag, id, summary string, g guard, responses object) object {
	op := object{"tags": []string{tag}, "operationId": id, "summary": summary, "responses": responses}
	if b.info.Keys && (g == guarded || g == open && b.info.KeysAll) {
		op["security"] = []object{{"key": []string{}}}
		responses["401"] = answer("There is no key, or one that is unknown.", asJSON(ref("Unauthorized")))
	}
	return op
}

func (b *builder) unavailable(schema any) object {
	return retry("The models are being loaded, the server is shutting down, or the worker process ended during the request.", asJSON(schema))
}

func health() object {
	return object{
		"200": object{"description": "It does. There is no body."},
		"503": object{"description": "The models are being loaded. There is no body."},
	}
}

// read is a path for GET, and for HEAD, which has no body.
func read(get object) object {
	head := object{}
	for key, value := range get {
		head[key] = value
	}
	head["operationId"] = get["operationId"].(string) + "_head"
	responses := object{}
	for status, response := range get["responses"].(object) {
		responses[status] = object{"description": response.(object)["description"]}
	}
	head["responses"] = responses
	return object{strings.ToLower(http.MethodGet): get, strings.ToLower(http.MethodHead): head}
}
