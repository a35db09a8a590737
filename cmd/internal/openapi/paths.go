package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// builder makes the paths of a document, of the table of routes.
type builder struct {
	info   Info
	routes map[string]routeSchemas
	errs   []error
}

func (b *builder) paths() object {
	paths := object{}
	for i := range routes.Table {
		r := &routes.Table[i]
		if r.Flag != "" && !b.info.TokenizerInfo {
			continue
		}
		paths[r.Path] = b.path(r)
	}
	return paths
}

// path has an operation for each method. The first has the route's name, each other its method behind it.
func (b *builder) path(r *routes.Route) object {
	item := object{}
	for i, method := range r.Methods {
		id := r.Name
		if i > 0 {
			id += "_" + strings.ToLower(method)
		}
		var responses object
		switch {
		case r.Code != 0:
			responses = b.served(r)
		case r.Body():
			responses = b.asked(r)
		default:
			responses = b.answers(r)
		}
		if method == http.MethodHead { // it has no body
			for status, response := range responses {
				responses[status] = object{"description": response.(object)["description"]}
			}
		}
		item[strings.ToLower(method)] = b.operation(r, id, responses)
	}
	return item
}

func (b *builder) operation(r *routes.Route, id string, responses object) object {
	op := object{"tags": []string{r.Server.String()}, "operationId": id, "summary": r.Summary, "responses": responses}
	if text := description(r); text != "" {
		op["description"] = text
	}
	if b.info.Keys && r.Guarded(b.info.KeysAll) {
		op["security"] = []object{{"key": []string{}}}
		responses["401"] = answer("There is no key, or one that is unknown.", asJSON(ref("Unauthorized")))
	}
	if r.Body() {
		var schema any = ref(r.Request)
		if r.Code != 0 {
			schema = b.schemas(r).Request
		}
		op["parameters"] = parameters(r)
		op["requestBody"] = object{
			"required": true,
			"content":  object{"application/json": object{"schema": schema, "example": json.RawMessage(r.Example)}},
		}
		if r.Request == "IDLines" {
			op["requestBody"].(object)["content"].(object)["application/x-ndjson"] = object{"schema": text()}
		}
		if r.Request == "RequestOrText" {
			op["requestBody"].(object)["content"].(object)["text/plain"] = object{"schema": text()}
		}
	}
	return op
}

func description(r *routes.Route) string {
	if len(r.GRPC) == 0 {
		return r.Text
	}
	return strings.TrimSpace(r.Text + " Over gRPC: " + strings.Join(r.GRPC, ", ") + ".")
}

func parameters(r *routes.Route) []object {
	all := []object{{
		"name": "X-Request-Id", "in": "header", "required": false, "schema": text(),
		"description": "What the caller calls the request: in the access log, and part of the ids that are rendered.",
	}}
	if r.InputLen {
		all = append(all, object{
			"name": "max_model_input_len", "in": "query", "required": false, "schema": object{"type": "integer", "minimum": 1},
			"description": "What a request with truncate_for_context_length is cut to, in tokens, by tokenizers from v7 on.",
		})
	}
	return append(all, queryOf(r)...)
}

// served are the answers of a route that Python answers.
func (b *builder) served(r *routes.Route) object {
	schemas := b.schemas(r)
	failed := asJSON(schemas.Error)
	responses := object{
		"200": answer("The answer.", asJSON(schemas.Response)),
		"500": answer("The server is at fault.", failed),
		"503": b.unavailable(schemas.Error),
	}
	if !r.Body() {
		return responses
	}
	for status, words := range map[string]string{
		"400": "The reference refuses the request.",
		"408": "The body took too long to arrive.",
		"413": "The body, or what it unpacks to, is larger than --max-body.",
		"415": "The Content-Encoding is none of gzip and zstd.",
		"504": "The request took longer than --timeout.",
	} {
		responses[status] = answer(words, failed)
	}
	responses["429"] = retry("More requests wait than --queue, or --body-memory, allows.", failed)
	if r.Server == routes.Mistral {
		responses["422"] = answer("The body is not what the route takes.", failed)
		responses["500"] = answer("The server is at fault.", object{
			"application/json": object{"schema": schemas.Error}, "text/plain": object{"schema": text()},
		})
	} else {
		responses["404"] = answer("No model has that name.", failed)
		responses["501"] = answer("The reference does not do that.", failed)
	}
	if r.NeedsVLLM {
		responses["404"] = answer("No model has that name, or the server runs without vLLM, which alone answers this route.", failed)
	}
	return responses
}

// asked are the answers of a route whose body Go reads: its errors are those of vLLM's.
func (b *builder) asked(r *routes.Route) object {
	responses := b.served(routes.Named("tokenize"))
	delete(responses, "501")
	if r.Server == routes.Library {
		for _, response := range responses {
			response.(object)["content"] = asJSON(ref("Failure"))
		}
	}
	maps.Copy(responses, b.answers(r))
	return responses
}

// answers are those of a route that Go answers.
func (b *builder) answers(r *routes.Route) object {
	responses := object{}
	for _, a := range r.Answers {
		response := object{"description": a.Text}
		if len(a.Types) > 0 {
			content := object{}
			for _, kind := range a.Types {
				content[kind] = object{"schema": schemaOf(kind, a.Schema)}
			}
			response["content"] = content
		}
		if a.Text == "" { // it needs the models
			response = b.unavailable(b.schemas(routes.Named("tokenize")).Error)
		}
		responses[fmt.Sprint(a.Status)] = response
	}
	return responses
}

func schemaOf(kind, name string) object {
	switch {
	case name != "":
		return ref(name)
	case kind == "application/json":
		return object{"type": "object"}
	default:
		return text()
	}
}

func (b *builder) schemas(r *routes.Route) routeSchemas {
	found, ok := b.routes[r.Path]
	if !ok {
		b.errs = append(b.errs, fmt.Errorf("openapi: there is no schema of %s", r.Path))
	}
	needed := map[string]any{"response": found.Response, "error": found.Error}
	if r.Body() {
		needed["request"] = found.Request
	}
	for name, schema := range needed {
		if ok && schema == nil {
			b.errs = append(b.errs, fmt.Errorf("openapi: there is no schema of the %s of %s", name, r.Path))
		}
	}
	return found
}

func (b *builder) unavailable(schema any) object {
	return retry("The models are being loaded, the server is shutting down, or the worker process ended during the request.", asJSON(schema))
}
