package mistral

import "encoding/json"

// ReasoningEffort equals mistral_common's ReasoningEffort. Which of them a model knows
// is in its tokenizer file.
type ReasoningEffort string

// The values of ReasoningEffort.
const (
	ReasoningNone    ReasoningEffort = "none"
	ReasoningMinimal ReasoningEffort = "minimal"
	ReasoningLow     ReasoningEffort = "low"
	ReasoningMedium  ReasoningEffort = "medium"
	ReasoningHigh    ReasoningEffort = "high"
	ReasoningXHigh   ReasoningEffort = "xhigh"
	ReasoningMax     ReasoningEffort = "max"
)

// ModelSettings equals mistral_common's ModelSettings, the part of a request that
// instructs the model how to answer.
type ModelSettings struct {
	ReasoningEffort *ReasoningEffort
	JSONSchema      json.RawMessage // kept as it is written; nil: absent
	verbatim        verbatim
}

func (s *ModelSettings) encode(e *encoder) {
	e.Open('{')
	s.verbatim.optString(e, "reasoning_effort", (*string)(s.ReasoningEffort))
	e.OptRaw("json_schema", s.JSONSchema, "json_schema")
	e.Close('}')
}
