package mistral_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// appender is a request of any family.
type appender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// parsers read each family but the chat, which has tests of its own.
var parsers = map[string]func([]byte) (appender, error){
	"instruct":      func(b []byte) (appender, error) { return mistral.ParseInstructRequest(b) },
	"fim":           func(b []byte) (appender, error) { return mistral.ParseFIMRequest(b) },
	"transcription": func(b []byte) (appender, error) { return mistral.ParseTranscriptionRequest(b) },
	"speech":        func(b []byte) (appender, error) { return mistral.ParseSpeechRequest(b) },
}

var exactFamilies = map[string][]string{
	"instruct": {
		`{"messages":[]}`, `{"messages":[{"role":"user","content":"a"}],"system_prompt":"s","truncate_at_max_tokens":10}`,
		`{"messages":[],"system_prompt":null,"available_tools":null,"truncate_at_max_tokens":null,"settings":{"reasoning_effort":null,"json_schema":null}}`,
		`{"available_tools":[{"type":"function","function":{"name":"f","parameters":{"z":1.0,"a":[]}}}],"messages":[],"settings":{"json_schema":{"b":1,"a":1e5},"reasoning_effort":"high"}}`,
		`{"messages":[{"role":"assistant","content":"a","weight":1.0,"prefix":false}],"settings":{}}`,
	},
	"fim": {
		`{"prompt":""}`, `{"suffix":"","prompt":"a"}`, `{"prompt":"a","suffix":null}`,
		`{"temperature":0.7,"top_p":1.0,"max_tokens":null,"random_seed":null,"prompt":"def","suffix":"x\u0000é"}`,
	},
	"transcription": {
		`{"audio":""}`, `{"audio":"UklG","language":"en","id":null,"model":"m","streaming":"offline","strict_audio_validation":false,"target_streaming_delay_ms":480}`,
		`{"max_tokens":null,"audio":{"data":"UklG"},"language":null}`, `{"audio":{"__bytes__":"UklG"},"streaming":"online"}`, `{}`, `{"audio":null}`,
	},
	"speech": {
		`{"input":"a","voice":"v"}`, `{"voice":null,"ref_audio":"UklG","input":"a","id":"i"}`, `{"input":"a"}`, `{"temperature":1.0,"input":"","voice":null,"ref_audio":null}`,
		`{"input":"a","voice":"v","ref_audio":{"__bytes__":""}}`,
	},
}

var inexactFamilies = map[string][]string{
	"instruct":      {`{}`, `{"messages":null}`, `{"messages":[],"x":1}`, `{"messages":[],"settings":null}`, `{"messages":[],"settings":{"x":1}}`, `{"messages":[],"truncate_at_max_tokens":1.0}`},
	"fim":           {`{}`, `{"prompt":null}`, `{"prompt":"a","suffix":1}`, `{"prompt":"\ud800"}`, `{"prompt":"a","prompt":"a"}`, `[]`, `{"prompt":"a","top_p":NaN}`},
	"transcription": {`{"audio":"","x":1}`, `{"audio":"\ud800"}`, `{"streaming":"online","audio":{"__bytes__":""}}`, `{"audio":"","strict_audio_validation":1}`},
	"speech":        {`{}`, `{"input":null}`, `{"input":"a","id":"order"}`, `{"input":"a","voice":1}`},
}

func TestParse_families(t *testing.T) {
	for family, texts := range exactFamilies {
		for _, text := range texts {
			req, err := parsers[family]([]byte(text))
			require.NoError(t, err, text)
			again, err := req.AppendJSON(nil)
			require.NoError(t, err, text)
			assert.NoError(t, sameObject([]byte(text), again, "request"), "%s\nbecame %s", text, again)
		}
		for _, text := range inexactFamilies[family] {
			_, err := parsers[family]([]byte(text))
			assert.ErrorIs(t, err, mistral.ErrInexact, "%s %s", family, text)
		}
	}
}

// What a caller changes is what is written, whatever was parsed.
func TestParse_thenChange(t *testing.T) {
	req, err := mistral.ParseFIMRequest([]byte(`{"prompt":"a","suffix":null,"top_p":1.0,"temperature":null,"max_tokens":null}`))
	require.NoError(t, err)
	req.Suffix, req.TopP, req.Temperature = ptr(""), ptr(0.5), ptr(1.0)
	text, err := req.AppendJSON(nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"temperature":1,"top_p":0.5,"max_tokens":null,"prompt":"a","suffix":""}`, string(text))
	req.TopP = nil
	text, err = req.AppendJSON(nil)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "top_p")
}

func FuzzParseFamilies(f *testing.F) {
	for family := range parsers {
		for _, text := range append(exactFamilies[family], inexactFamilies[family]...) {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for family, parse := range parsers {
			req, err := parse(text)
			if err != nil {
				continue
			}
			again, err := req.AppendJSON(nil)
			require.NoError(t, err)
			require.NoError(t, sameObject(text, again, "request"), "%s: %s\nbecame %s", family, text, again)
		}
	})
}
