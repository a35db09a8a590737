package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// object is a JSON object. encoding/json sorts its keys, so that a document is always the
// same bytes.
type object = map[string]any

// Info is what a document says besides the schemas.
type Info struct {
	Version       string // of the program
	Reference     string // whose answers these are, such as "mistral_common 1.13.1"
	TokenizerInfo bool   // GET /tokenizer_info is there
	Keys          bool   // routes below /v1 ask for an API key
	KeysAll       bool   // all others do, but for the probes
}

// routeSchemas are the reference's of one route.
type routeSchemas struct {
	Request  any `json:"request"`
	Response any `json:"response"`
	Error    any `json:"error"`
}

// Document makes the document, OpenAPI 3.1 in JSON, from what ServeSchemas returns. Errors:
// schemas that are not JSON, or do not have a route that the server has.
func Document(schemas json.RawMessage, info Info) ([]byte, error) {
	var given struct {
		Defs   object                  `json:"$defs"`
		Routes map[string]routeSchemas `json:"routes"`
	}
	d := json.NewDecoder(bytes.NewReader(schemas))
	d.UseNumber() // limits such as 2^63-1 stay what they are
	if err := d.Decode(&given); err != nil {
		return nil, fmt.Errorf("openapi: schemas: %w", err)
	}
	short, defs := named(given.Defs)
	b := builder{info: info, routes: map[string]routeSchemas{}}
	for path, r := range given.Routes {
		b.routes[path] = routeSchemas{rebased(r.Request, short), rebased(r.Response, short), rebased(r.Error, short)}
	}
	paths := b.paths()
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	components := ownSchemas()
	maps.Copy(components, librarySchemas())
	for name, schema := range defs {
		if components[name] != nil {
			return nil, fmt.Errorf("openapi: schemas: the name %s is taken", name)
		}
		components[name] = schema
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title":   "mtok serve",
			"version": info.Version,
			"description": "Exact Mistral tokens over HTTP: the tokenizer and render routes of vLLM, and those of mistral_common's own server. " +
				"Answers are those of " + info.Reference + ", whose models the schemas are.\n\n" +
				"A path that is not here is answered with 404, a method that a path does not have with 405. " +
				"Request bodies may come packed (Content-Encoding: gzip or zstd), and large answers are packed for clients that accept that.",
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []object{{"url": "/"}},
		"tags": []object{
			{"name": routes.VLLM.String(), "description": "Answers as vLLM gives them."},
			{"name": routes.Mistral.String(), "description": "Answers as the server that comes with mistral_common gives them."},
			{"name": routes.Own.String(), "description": "For orchestrators, monitoring and people."},
			{"name": routes.Library.String(), "description": "What the Go library gives, errors and all: bridge/client asks these."},
			{"name": routes.Bridge.String(), "description": "What no reference's server answers. Errors have the form of vLLM's routes."},
		},
		"paths":      paths,
		"components": object{"schemas": components},
	}
	if info.Keys {
		doc["components"].(object)["securitySchemes"] = object{
			"key": object{"type": "http", "scheme": "bearer", "description": "One of the keys of --api-key-file."},
		}
	}
	return marshal(doc)
}

func marshal(doc object) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

const defs, inComponents = "#/$defs/", "#/components/schemas/"

// rebased is a schema whose references point to where an OpenAPI document has its schemas,
// by their short names.
func rebased(schema any, short map[string]string) any {
	switch s := schema.(type) {
	case []any:
		out := make([]any, len(s))
		for i, item := range s {
			out[i] = rebased(item, short)
		}
		return out
	case object:
		out := object{}
		for key, value := range s {
			out[key] = rebased(value, short)
		}
		rebaseRef(out, "$ref", short)
		if d, ok := out["discriminator"].(object); ok {
			if mapping, ok := d["mapping"].(object); ok {
				for key := range mapping {
					rebaseRef(mapping, key, short)
				}
			}
		}
		return out
	}
	return schema
}

func rebaseRef(in object, key string, short map[string]string) {
	if ref, ok := in[key].(string); ok {
		if name, ok := strings.CutPrefix(ref, defs); ok {
			in[key] = inComponents + short[name]
		}
	}
}
