package bridge_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

// targets are pointers for errors.As to each exception type, by its name.
func targets() map[string]any {
	all := map[string]any{}
	for _, target := range []any{
		new(*bridge.MistralCommonException), new(*bridge.ImageDecodeException), new(*bridge.TokenizerException),
		new(*bridge.UnsupportedTokenizerFeatureException), new(*bridge.InvalidRequestException),
		new(*bridge.InvalidSystemPromptException), new(*bridge.InvalidMessageStructureException),
		new(*bridge.InvalidAssistantMessageException), new(*bridge.InvalidToolMessageException),
		new(*bridge.InvalidToolSchemaException), new(*bridge.InvalidUserMessageException),
		new(*bridge.InvalidFunctionCallException), new(*bridge.InvalidToolException),
	} {
		all[reflect.TypeOf(target).Elem().Elem().Name()] = target
	}
	return all
}

// The installed package has no exception class without a Go type, and no type is left
// over.
func TestExceptions_complete(t *testing.T) {
	constants, err := raw.OfRuntime(rt(t)).Constants(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(constants.Exceptions), 13)
	types := targets()
	for name, bases := range constants.Exceptions {
		target := types[name]
		if !assert.NotNil(t, target, "mistral_common.exceptions.%s has no Go type", name) {
			continue
		}
		mro := []string{"mistral_common.exceptions." + name}
		for _, base := range bases {
			if _, own := constants.Exceptions[base]; own {
				base = "mistral_common.exceptions." + base
			}
			mro = append(mro, base)
		}
		raised := &bridge.PyError{Module: "mistral_common.exceptions", Type: name, MRO: mro, Message: "m"}
		for other, target := range targets() {
			want := raised.IsA("mistral_common.exceptions." + other)
			assert.Equal(t, want, errors.As(error(raised), target), "%s as %s", name, other)
			if want {
				assert.Equal(t, raised, reflect.ValueOf(target).Elem().Elem().Field(0).Interface())
			}
		}
		delete(types, name)
	}
	assert.Empty(t, types, "types of no class")
}

func TestExceptions_requests(t *testing.T) {
	tok := shipped(t, "v3")
	tool := func(name, parameters string) mistral.Tool {
		return mistral.Tool{Function: mistral.Function{Name: name, Parameters: []byte(parameters)}}
	}
	ask := func(r *mistral.ChatCompletionRequest, err error) error {
		if err == nil {
			r.Messages = user("a").Messages
			_, err = tok.EncodeChat(t.Context(), r)
		}
		return err
	}
	var schema *bridge.InvalidToolSchemaException
	require.ErrorAs(t, ask(withTools(tool("f", `{"type":"nonsense"}`)), nil), &schema)
	assert.Contains(t, schema.Message, "nonsense")
	require.ErrorIs(t, schema, bridge.ErrInvalidRequest)
	var name *bridge.InvalidToolException
	require.ErrorAs(t, ask(withTools(tool("f g", `{}`)), nil), &name)
	var base *bridge.MistralCommonException
	require.ErrorAs(t, error(name), &base)
	var general *bridge.PyError
	require.ErrorAs(t, error(base), &general)
	_, err := tok.EncodeTranscription(t.Context(), &mistral.TranscriptionRequest{Audio: mistral.AudioBase64("")})
	var tokenizer *bridge.TokenizerException
	require.ErrorAs(t, err, &tokenizer)
	assert.False(t, errors.As(err, &schema))
}

// The schemas in the repository are those that the Go types were written against.
func TestSchemas_installed(t *testing.T) {
	installed, err := raw.OfRuntime(rt(t)).Schemas(t.Context())
	require.NoError(t, err)
	files, err := filepath.Glob("../testdata/schemas/*.json")
	require.NoError(t, err)
	require.Len(t, installed, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var want struct {
			Class                     string
			Validation, Serialization json.RawMessage
		}
		require.NoError(t, json.Unmarshal(text, &want))
		assert.JSONEq(t, string(want.Validation), string(installed[want.Class].Validation), want.Class)
		assert.JSONEq(t, string(want.Serialization), string(installed[want.Class].Serialization), want.Class)
	}
}

// Every property of the reference's types has a key in the Go sources that write them.
func TestSchemas_goTypes(t *testing.T) {
	keys := map[string]bool{}
	files, err := parser.ParseDir(token.NewFileSet(), "mistral", nil, 0) //nolint:staticcheck // one directory
	require.NoError(t, err)
	ast.Inspect(files["mistral"], func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			keys[strings.Trim(lit.Value, "\"`")] = true
		}
		return true
	})
	paths, err := filepath.Glob("../testdata/schemas/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var file struct {
			Class         string
			Serialization struct{ Properties map[string]any }
		}
		require.NoError(t, json.Unmarshal(text, &file))
		if file.Class == "ModelSettingsBuilder" {
			continue // raw JSON in Go
		}
		for property := range file.Serialization.Properties {
			assert.True(t, keys[property] || property == "custom_schema", "%s.%s", file.Class, property)
		}
	}
}
