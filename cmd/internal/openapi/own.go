package openapi

// The paths of the routes that are the server's own, which bridge/client asks.

// own is the tag of them.
const own = "mistralbridge"

func (b *builder) own(id, summary, description string, parameters []object, content, answered object) object {
	failed := asJSON(ref("Failure"))
	op := b.operation(own, id, summary, guarded, object{
		"200": answer("The answer.", asJSON(answered)),
		"400": answer("The reference refuses the request, or the request cannot be sent on.", failed),
		"404": answer("No model has that name.", failed),
		"408": answer("The body took too long to arrive.", failed),
		"413": answer("The body, or what it unpacks to, is larger than --max-body.", failed),
		"415": answer("The Content-Encoding is none of gzip and zstd.", failed),
		"429": retry("More requests wait than --queue, or --body-memory, allows.", failed),
		"500": answer("The server is at fault.", failed),
		"503": b.unavailable(ref("Failure")),
		"504": answer("The request took longer than --timeout.", failed),
	})
	op["description"] = description
	op["parameters"] = append([]object{query("model", text(), "One of the names in /v1/tokenizers; without it the first.")}, parameters...)
	op["requestBody"] = object{"required": true, "content": content}
	return object{"post": op}
}

func query(name string, schema object, description string) object {
	return object{"name": name, "in": "query", "required": false, "schema": schema, "description": description}
}

func words(all ...string) object { return object{"type": "string", "enum": all, "default": all[0]} }

// encoded are the parameters that encode and count have.
func encoded(kinds ...string) []object {
	return []object{
		query("of", words(kinds...), "What the body is: a request in mistral_common's own JSON, the body of an OpenAI chat completion, or a text."),
		query("max_model_input_len", object{"type": "integer", "minimum": 0}, "What a chat with truncate_for_context_length is cut to, in tokens."),
		query("plain", boolean(), "Without any shortcut: the reference's call as it is."),
		query("bos", boolean(), "Of a text: begin with the id of begin of sequence."),
		query("eos", boolean(), "Of a text: end with the id of end of sequence."),
	}
}

func bodies(example any) object {
	return object{
		"application/json": object{"schema": object{}, "example": example},
		"text/plain":       object{"schema": text()},
	}
}

func (b *builder) encode() object {
	return b.own("encode", "The tokens of a request or a text, with all that the reference gives",
		"The body is sent on byte for byte, whatever its content type.",
		append(encoded("chat", "openai", "instruct", "fim", "transcription", "speech", "text"),
			query("text", boolean(), "The answer has the debug text, which costs time."),
			query("spans", boolean(), "The answer says whose each token is."),
			query("media", boolean(), "The answer has the arrays that the model gets of images and audio.")),
		bodies(chatExample()), ref("Tokenized"))
}

func (b *builder) count() object {
	return b.own("count", "How many tokens a chat or a text has", "The same number as the tokens of /v1/encode.",
		encoded("chat", "openai", "text"), bodies(chatExample()), record(object{"count": integer(), "warnings": ref("Warnings")}))
}

func (b *builder) decode() object {
	ids := object{"type": "array", "items": integer()}
	return b.own("decode", "The text of ids", "An id that the vocabulary does not have is refused.",
		[]object{query("policy", words("ignore", "keep", "raise"), "What becomes of special tokens.")},
		object{"application/json": object{"schema": ids, "example": []int{22177, 1044, 4304, 1033}}},
		record(object{"text": text(), "warnings": ref("Warnings")}))
}

func (b *builder) tokenizers() object {
	return object{"get": b.operation(own, "tokenizers", "The models, and the versions that decide the tokens", guarded, object{
		"200": answer("What the reference says of each tokenizer.", asJSON(ref("TokenizerList"))),
		"503": b.unavailable(ref("Failure")),
	})}
}

// bridgeSchemas are those of the answers.
func bridgeSchemas() object {
	arrays := object{"type": "array", "items": object{"type": "object"}}
	ids := object{"type": "array", "items": integer()}
	return object{
		"Warnings": object{"type": "array", "items": object{"type": "array", "items": text(), "minItems": 3, "maxItems": 3}},
		"Tokenized": object{
			"type": "object",
			"properties": object{
				"tokens": ids, "prefix_ids": nullable(ids), "text": nullable(text()), "images": arrays, "audios": arrays,
				"spans": nullable(arrays), "warnings": ref("Warnings"),
			},
			"required": []string{"tokens", "warnings"},
		},
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
			"data": object{"type": "array", "items": record(object{
				"names": object{"type": "array", "items": text()}, "max_model_len": integer(), "description": object{"type": "object"}, "warnings": ref("Warnings"),
			})},
		}),
	}
}
