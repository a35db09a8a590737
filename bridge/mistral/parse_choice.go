package mistral

import "github.com/mistralbridge/mistralbridge/bridge/pyjson"

func parseToolChoice(text []byte) ToolChoice {
	if text == nil {
		return nil
	}
	if s, ok := pyjson.String(text); ok {
		return ToolChoiceEnum(s)
	}
	o, err := readObject("tool_choice", text)
	if err != nil {
		return RawToolChoice(text)
	}
	o.constant("type", "function")
	f, err := readObject("tool_choice.function", o.need("function"))
	if err != nil || !o.ordered([]string{"type", "function"}) {
		return RawToolChoice(text)
	}
	c := NamedToolChoice{Name: f.string("name")}
	if o.end() != nil || f.end() != nil {
		return RawToolChoice(text)
	}
	return c
}

func parseResponseFormat(text []byte) ResponseFormat {
	if text == nil {
		return nil
	}
	if f := readResponseFormat(text); f != nil {
		return f
	}
	return RawResponseFormat(text)
}

// readResponseFormat is nil for what there is no type for.
func readResponseFormat(text []byte) ResponseFormat {
	o, err := readObject("response_format", text)
	if err != nil || !o.ordered([]string{"type", "json_schema"}) {
		return nil
	}
	kind := o.string("type")
	if len(o.members) == 1 && o.err == nil {
		return ResponseFormats(kind)
	}
	j, err := readObject("response_format.json_schema", o.need("json_schema"))
	if err != nil || kind != "json_schema" || !j.ordered([]string{"name", "description", "schema", "strict"}) {
		return nil
	}
	f := JSONSchemaFormat{
		Name: j.string("name"), Description: j.optString("description"),
		Schema: j.raw("schema"), Strict: j.optBool("strict"),
	}
	if o.end() != nil || j.end() != nil {
		return nil
	}
	return f
}
