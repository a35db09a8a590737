package bridge

import "encoding/json"

// ResponseFormat equals mistral_common's ResponseFormat: TextFormat, JSONObjectFormat,
// JSONSchemaFormat or RawResponseFormat.
type ResponseFormat interface {
	encode(*encoder)
	responseFormat()
}

// ResponseFormats equals the members of mistral_common's ResponseFormats that need
// nothing else.
type ResponseFormats string

// The formats without a schema; TextFormat is the reference's default.
const (
	TextFormat       ResponseFormats = "text"
	JSONObjectFormat ResponseFormats = "json_object"
)

// JSONSchemaFormat is the format json_schema. It equals mistral_common's JsonSchema.
type JSONSchemaFormat struct {
	Name        string
	Description *string
	Schema      json.RawMessage // a Draft 7 schema, kept as it is written
	Strict      *bool
}

// RawResponseFormat is any response format in the reference's own JSON.
type RawResponseFormat []byte

func (ResponseFormats) responseFormat()   {}
func (JSONSchemaFormat) responseFormat()  {}
func (RawResponseFormat) responseFormat() {}

func (f ResponseFormats) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.str(string(f), "type")
	e.close('}')
}

func (f JSONSchemaFormat) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"json_schema"`)
	e.key("json_schema")
	e.open('{')
	e.key("name")
	e.str(f.Name, "name")
	e.optString("description", f.Description)
	if f.Schema != nil {
		e.key("schema")
		e.raw(f.Schema, "schema", "json_schema")
	}
	e.optBool("strict", f.Strict)
	e.close('}')
	e.close('}')
}

func (f RawResponseFormat) encode(e *encoder) { e.raw(f, "", "response_format") }
