package mistral_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Nothing that a request holds is in its String, nor in a log line.
func TestString_quotesNothing(t *testing.T) {
	const secret = "s3cret"
	for _, zero := range marshalled {
		v := filled(reflect.TypeOf(zero), secret)
		var log bytes.Buffer
		for i, value := range []any{v.Interface(), v.Addr().Interface()} {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				said := fmt.Sprintf("%v %+v %s %v", value, value, value, []any{value})
				if v.Type() != reflect.TypeOf(mistral.TextFormat) {
					assert.NotContains(t, said, secret)
					slog.New(slog.NewJSONHandler(&log, nil)).Info("a", "v", value, slog.Group("g", "v", value))
					slog.New(slog.NewTextHandler(&log, nil)).Info("a", "v", value)
				}
				assert.Less(t, len(said), 800, said)
			})
		}
		assert.NotContains(t, log.String(), secret, "%v", v.Type())
	}
	req := user("Hi")
	req.Tools = []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: json.RawMessage(`{}`)}}}
	assert.Equal(t, "ChatCompletionRequest(1 message, 1 tool)", req.String())
	assert.Equal(t, "[UserMessage(text of 2 bytes)]", fmt.Sprint(req.Messages))
	assert.Equal(t, "[Tool(Function(parameters of 2 bytes))]", fmt.Sprint(req.Tools))
	assert.Equal(t, "AssistantMessage(no content, 2 tool calls, prefix)", mistral.AssistantMessage{ToolCalls: make([]mistral.ToolCall, 2), Prefix: true}.String())
	assert.Equal(t, "<nil>", fmt.Sprint((*mistral.ChatCompletionRequest)(nil)))
}

// filled is a value with the secret in all that can hold text.
func filled(typ reflect.Type, secret string) reflect.Value {
	v := reflect.New(typ).Elem()
	quoted := []byte(`{"type":"` + secret + `"}`)
	switch typ {
	case reflect.TypeFor[mistral.Content]():
		v.Set(reflect.ValueOf(mistral.Chunks(mistral.TextChunk{Text: secret})))
	case reflect.TypeFor[mistral.AudioData]():
		v.Set(reflect.ValueOf(mistral.AudioBase64(secret)))
	case reflect.TypeFor[mistral.Message]():
		v.Set(filled(reflect.TypeFor[mistral.AssistantMessage](), secret))
	case reflect.TypeFor[mistral.ToolChoice]():
		v.Set(filled(reflect.TypeFor[mistral.NamedToolChoice](), secret))
	case reflect.TypeFor[mistral.ResponseFormat]():
		v.Set(filled(reflect.TypeFor[mistral.JSONSchemaFormat](), secret))
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
