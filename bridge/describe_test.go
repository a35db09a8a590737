package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Nothing that a request holds is in its String, nor in a log line.
func TestStringsAndLogsQuoteNothing(t *testing.T) {
	const secret = "s3cret"
	for _, zero := range marshalled {
		v := filled(reflect.TypeOf(zero), secret)
		var log bytes.Buffer
		for _, value := range []any{v.Interface(), v.Addr().Interface()} {
			said := fmt.Sprintf("%v %+v %s %v", value, value, value, []any{value})
			if v.Type() != reflect.TypeOf(bridge.TextFormat) {
				assert.NotContains(t, said, secret)
				slog.New(slog.NewJSONHandler(&log, nil)).Info("a", "v", value, slog.Group("g", "v", value))
				slog.New(slog.NewTextHandler(&log, nil)).Info("a", "v", value)
			}
			assert.Less(t, len(said), 800, said)
		}
		assert.NotContains(t, log.String(), secret, "%v", v.Type())
	}
	req := user("Hi")
	req.Tools = []bridge.Tool{{Function: bridge.Function{Name: "f", Parameters: json.RawMessage(`{}`)}}}
	assert.Equal(t, "ChatCompletionRequest(1 message, 1 tool)", req.String())
	assert.Equal(t, "[UserMessage(text of 2 bytes)]", fmt.Sprint(req.Messages))
	assert.Equal(t, "[Tool(Function(parameters of 2 bytes))]", fmt.Sprint(req.Tools))
	assert.Equal(t, "AssistantMessage(no content, 2 tool calls, prefix)", bridge.AssistantMessage{ToolCalls: make([]bridge.ToolCall, 2), Prefix: true}.String())
	assert.Equal(t, "<nil>", fmt.Sprint((*bridge.ChatCompletionRequest)(nil)))
}

// filled is a value with the secret in all that can hold text.
func filled(typ reflect.Type, secret string) reflect.Value {
	v := reflect.New(typ).Elem()
	quoted := []byte(`{"type":"` + secret + `"}`)
	switch typ {
	case reflect.TypeFor[bridge.Content]():
		v.Set(reflect.ValueOf(bridge.Chunks(bridge.TextChunk{Text: secret})))
	case reflect.TypeFor[bridge.AudioData]():
		v.Set(reflect.ValueOf(bridge.AudioBase64(secret)))
	case reflect.TypeFor[bridge.Message]():
		v.Set(filled(reflect.TypeFor[bridge.AssistantMessage](), secret))
	case reflect.TypeFor[bridge.ToolChoice]():
		v.Set(filled(reflect.TypeFor[bridge.NamedToolChoice](), secret))
	case reflect.TypeFor[bridge.ResponseFormat]():
		v.Set(filled(reflect.TypeFor[bridge.JSONSchemaFormat](), secret))
	default:
		switch typ.Kind() {
		case reflect.String:
			v.SetString(secret)
		case reflect.Pointer:
			v.Set(reflect.New(typ.Elem()))
			v.Elem().Set(filled(typ.Elem(), secret))
		case reflect.Slice:
			if typ.Elem().Kind() == reflect.Uint8 {
				v.SetBytes(quoted)
			} else {
				v.Set(reflect.Append(v, filled(typ.Elem(), secret)))
			}
		case reflect.Struct:
			for i := range typ.NumField() {
				if typ.Field(i).IsExported() {
					v.Field(i).Set(filled(typ.Field(i).Type, secret))
				}
			}
		}
	}
	return v
}
