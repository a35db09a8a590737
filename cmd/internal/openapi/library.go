package openapi

import "github.com/mistralbridge/mistralbridge/internal/routes"

// queryOf are the parameters of a route's query.
func queryOf(r *routes.Route) (all []object) {
	for _, p := range r.Query {
		schema := object{"type": "integer", "minimum": 0}
		if len(p.Words) > 0 {
			schema = text()
			if len(p.Words) > 1 {
				schema["enum"], schema["default"] = p.Words, p.Words[0]
			}
		}
		all = append(all, object{"name": p.Name, "in": "query", "required": false, "schema": schema, "description": p.Text})
	}
	return all
}

// librarySchemas are those of the routes that bridge/client asks.
func librarySchemas() object {
	arrays := list(object{"type": "object"})
	return object{
		"RequestOrText": object{},
		"IDs":           list(integer()),
		"IDLines":       list(integer()), // one line; several are none of JSON
		"Warnings":      list(object{"type": "array", "items": text(), "minItems": 3, "maxItems": 3}),
		"Tokenized": object{
			"type": "object",
			"properties": object{
				"tokens": list(integer()), "prefix_ids": nullable(list(integer())), "text": nullable(text()), "images": arrays, "audios": arrays,
				"spans": nullable(list(ref("Span"))), "warnings": ref("Warnings"),
			},
			"required": []string{"tokens", "warnings"},
		},
		"Counted": record(object{"count": integer(), "warnings": ref("Warnings")}),
		"Decoded": record(object{"text": text(), "warnings": ref("Warnings")}),
		"Failure": record(object{"error": object{
			"type": "object",
			"properties": object{
				"reason": text(), "message": text(), "op": text(), "python": object{"type": "object"}, "input": object{"type": "object"},
				"token_id": object{"type": "object"}, "fetch": object{"type": "object"},
			},
			"required": []string{"reason", "message"},
		}, "warnings": ref("Warnings")}),
		"TokenizerList": record(object{
			"python": text(), "packages": object{"type": "object", "additionalProperties": text()},
			"data": list(record(object{
				"names": list(text()), "max_model_len": integer(), "description": object{"type": "object"}, "warnings": ref("Warnings"),
			})),
		}),
	}
}
