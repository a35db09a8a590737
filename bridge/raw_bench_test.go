package bridge_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// BenchmarkAppendRaw writes a request with 100 KB of raw JSON in it, which is scanned.
func BenchmarkAppendRaw(b *testing.B) {
	property := []byte(`"city":{"type":"string","description":"A city, and its country"},"days":{"type":"integer","minimum":1},`)
	for name, part := range map[string][]byte{
		"schema": append(append([]byte("{"), bytes.Repeat(property, 100<<10/len(property))...), `"z":0}`...),
		"text":   append(append([]byte(`"`), bytes.Repeat([]byte("The quick brown fox, naïve façade. "), 100<<10/37)...), '"'),
	} {
		b.Run(name, func(b *testing.B) {
			req := withTools(mistral.Tool{Function: mistral.Function{Name: "f", Parameters: json.RawMessage(part)}})
			buf := make([]byte, 0, 2*len(part))
			b.SetBytes(int64(len(part)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := req.AppendJSON(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
