package openapi

import "slices"

// The small parts that documents are made of.

func answer(description string, content object) object {
	return object{"description": description, "content": content}
}

func retry(description string, content object) object {
	r := answer(description, content)
	r["headers"] = object{"Retry-After": object{
		"description": "Seconds after which another try may succeed.", "schema": object{"type": "integer", "minimum": 1},
	}}
	return r
}

func asJSON(schema any) object { return object{"application/json": object{"schema": schema}} }

func ref(name string) object { return object{"$ref": inComponents + name} }

func text() object { return object{"type": "string"} }

func integer() object { return object{"type": "integer"} }

func list(items object) object { return object{"type": "array", "items": items} }

func boolean() object { return object{"type": "boolean"} }

func null() object { return object{"type": "null"} }

func nullable(schema object) object { return object{"anyOf": []object{schema, null()}} }

// record is an object of which all properties are there.
func record(properties object) object {
	required := make([]string, 0, len(properties))
	for name := range properties {
		required = append(required, name)
	}
	slices.Sort(required)
	return object{"type": "object", "properties": properties, "required": required}
}

// ownSchemas are those of answers that no reference has a model for, or that do not come
// from Python.
func ownSchemas() object {
	return object{
		"Unauthorized": record(object{"error": object{"const": "Unauthorized"}}),
		"Version":      record(object{"version": text()}),
		"Status": object{
			"type":       "object",
			"properties": object{"status": object{"enum": []string{"ok", "unavailable"}}, "reason": text()},
			"required":   []string{"status"},
		},
		"TextBody": object{
			"type": "object", "properties": object{"text": text(), "model": nullable(text())}, "required": []string{"text"},
		},
		"ChatBody": object{
			"type": "object", "properties": object{"messages": list(object{"type": "object"}), "model": nullable(text())}, "required": []string{"messages"},
		},
		"Count":   record(object{"count": integer()}),
		"Offsets": record(object{"tokens": list(integer()), "offsets": list(object{"type": "array", "items": integer(), "minItems": 2, "maxItems": 2})}),
		"Spans":   record(object{"tokens": list(integer()), "spans": list(ref("Span"))}),
		"Span": record(object{
			"start": integer(), "length": integer(), "message": nullable(integer()), "role": nullable(text()), "kind": text(),
			"within": nullable(text()), "weight": object{"type": "number"},
		}),
		"ModelList": record(object{"object": object{"const": "list"}, "data": object{"type": "array", "items": ref("ModelCard")}}),
		"ModelCard": record(object{
			"id": text(), "object": object{"const": "model"}, "created": integer(), "owned_by": text(), "root": text(),
			"parent": nullable(text()), "max_model_len": integer(), "permission": object{"type": "array", "items": ref("ModelPermission")},
		}),
		"ModelPermission": record(object{
			"id": text(), "object": object{"const": "model_permission"}, "created": integer(), "allow_create_engine": boolean(),
			"allow_sampling": boolean(), "allow_logprobs": boolean(), "allow_search_indices": boolean(), "allow_view": boolean(),
			"allow_fine_tuning": boolean(), "organization": text(), "group": nullable(text()), "is_blocking": boolean(),
		}),
	}
}
