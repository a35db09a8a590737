package mistral

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
	e.Open('{')
	e.Key("type")
	e.Str(string(f), "type")
	e.Close('}')
}

func (f JSONSchemaFormat) encode(e *encoder) {
	e.Open('{')
	e.Key("type")
	e.Literal(`"json_schema"`)
	e.Key("json_schema")
	e.Open('{')
	e.Key("name")
	e.Str(f.Name, "name")
	e.OptString("description", f.Description)
	if f.Schema != nil {
		e.Key("schema")
		e.Raw(f.Schema, "schema", "json_schema")
	}
	e.OptBool("strict", f.Strict)
	e.Close('}')
	e.Close('}')
}

func (f RawResponseFormat) encode(e *encoder) { e.Raw(f, "", "response_format") }
