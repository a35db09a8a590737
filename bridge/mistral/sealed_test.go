package mistral_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// members are the types that belong to each closed interface, by pointer too, with the
// interfaces that a type may belong to besides.
var members = map[reflect.Type][]any{
	reflect.TypeFor[mistral.Message](): {
		mistral.SystemMessage{}, mistral.UserMessage{}, mistral.AssistantMessage{}, mistral.ToolMessage{}, mistral.RawMessage{},
	},
	reflect.TypeFor[mistral.Chunk](): {
		mistral.TextChunk{}, mistral.ThinkChunk{}, mistral.ImageChunk{}, mistral.ImageURLChunk{}, mistral.AudioChunk{}, mistral.AudioURLChunk{}, mistral.RawChunk{},
	},
	reflect.TypeFor[mistral.ToolChoice]():     {mistral.ToolChoiceAuto, mistral.NamedToolChoice{}, mistral.RawToolChoice{}},
	reflect.TypeFor[mistral.ResponseFormat](): {mistral.TextFormat, mistral.JSONSchemaFormat{}, mistral.RawResponseFormat{}},
	reflect.TypeFor[mistral.Object](): {
		&mistral.ChatCompletionRequest{}, &mistral.InstructRequest{}, &mistral.FIMRequest{}, &mistral.TranscriptionRequest{}, &mistral.SpeechRequest{},
		mistral.SystemMessage{}, mistral.UserMessage{}, mistral.AssistantMessage{}, mistral.ToolMessage{},
		mistral.TextChunk{}, mistral.ThinkChunk{}, mistral.ImageChunk{}, mistral.ImageURLChunk{}, mistral.AudioChunk{}, mistral.AudioURLChunk{},
		mistral.Tool{}, mistral.ToolCall{},
	},
}

// others belong to none of them.
var others = []any{
	mistral.Function{}, mistral.FunctionCall{}, mistral.Content{}, mistral.AudioData{}, mistral.ModelSettings{},
	mistral.ReasoningHigh, "", []byte{}, 0, nil,
}

func TestSealed_members(t *testing.T) {
	all := slices.Clone(others)
	for _, list := range members {
		all = append(all, list...)
	}
	for closed, list := range members {
		var own []reflect.Type
		for _, v := range list {
			own = append(own, reflect.TypeOf(v))
		}
		for _, v := range all {
			if typ := reflect.TypeOf(v); typ != nil {
				assert.Equal(t, slices.Contains(own, typ), typ.Implements(closed), "%v as %v", typ, closed)
			}
		}
	}
}

// refused are expressions that the compiler must not take.
var refused = []string{
	`[]mistral.Message{mistral.TextChunk{}}`, `[]mistral.Message{mistral.Tool{}}`, `[]mistral.Message{mistral.ToolCall{}}`, `[]mistral.Message{mistral.RawChunk("{}")}`,
	`[]mistral.Message{mistral.ToolChoiceAuto}`, `[]mistral.Message{mistral.TextFormat}`, `[]mistral.Message{&mistral.ChatCompletionRequest{}}`,
	`[]mistral.Message{&mistral.InstructRequest{}}`, `[]mistral.Message{mine{}}`, `[]mistral.Message{json.RawMessage("{}")}`, `[]mistral.Message{"Hi"}`,
	`[]mistral.Message{&mistral.TextChunk{}}`, `[]mistral.Message{mistral.Text("a")}`, `[]mistral.Message{mistral.Function{}}`,
	`mistral.Chunks(mistral.UserMessage{})`, `mistral.Chunks(mistral.RawMessage("{}"))`, `mistral.Chunks(mistral.Tool{})`, `mistral.Chunks("text")`, `mistral.Chunks(mine{})`,
	`mistral.Chunks(mistral.Text("a"))`, `mistral.Chunks(mistral.RawToolChoice("{}"))`, `mistral.Chunks(mistral.AudioBytes(nil))`,
	`mistral.ChatCompletionRequest{ToolChoice: mistral.Tool{}}`, `mistral.ChatCompletionRequest{ToolChoice: mistral.TextFormat}`, `mistral.ChatCompletionRequest{ToolChoice: mine{}}`,
	`mistral.ChatCompletionRequest{ToolChoice: mistral.RawChunk("{}")}`, `mistral.ChatCompletionRequest{ResponseFormat: mistral.ToolChoiceAuto}`,
	`mistral.ChatCompletionRequest{ResponseFormat: mistral.RawToolChoice("{}")}`, `mistral.ChatCompletionRequest{ResponseFormat: mine{}}`,
	`[]mistral.Object{mistral.RawMessage("{}")}`, `[]mistral.Object{mistral.RawChunk("{}")}`, `[]mistral.Object{mistral.Function{}}`, `[]mistral.Object{mine{}}`,
	`[]mistral.Object{mistral.ToolChoiceAuto}`, `[]mistral.Object{mistral.TextFormat}`,
}

// taken are some that it must, so that the others are not refused for another reason.
var taken = []string{
	`[]mistral.Message{mistral.UserMessage{}, &mistral.UserMessage{}, mistral.RawMessage("{}"), nil}`, `mistral.Chunks(mistral.TextChunk{}, &mistral.TextChunk{}, mistral.RawChunk("{}"))`,
	`mistral.ChatCompletionRequest{ToolChoice: mistral.ToolChoiceAuto, ResponseFormat: mistral.TextFormat}`, `[]mistral.Object{mistral.Tool{}, &mistral.FIMRequest{}}`,
	`mine{}.Class()`, `json.RawMessage("{}")`,
}

// compiled imports what the compiler has made of the package and of what it imports.
func compiled(t *testing.T, fset *token.FileSet) types.Importer {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", module+"/bridge/mistral").Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// TestSealed_compiler type-checks a program of one expression each against what the
// compiler has made of the package.
func TestSealed_compiler(t *testing.T) {
	fset := token.NewFileSet()
	imports := compiled(t, fset)
	check := func(expression string) error {
		src := "package p\n\nimport (\n\t\"encoding/json\"\n\n\t\"" + module + "/bridge/mistral\"\n)\n\n" +
			"type mine struct{}\n\nfunc (mine) Class() mistral.Class { return mistral.Class{} }\nfunc (mine) MarshalJSON() ([]byte, error) { return nil, nil }\nfunc (mine) encode()  {}\nfunc (mine) message() {}\nfunc (mine) chunk()   {}\n\n" +
			"var _ json.RawMessage\n\nvar _ = " + expression + "\n"
		file, err := parser.ParseFile(fset, "p.go", src, 0)
		require.NoError(t, err, expression)
		_, err = (&types.Config{Importer: imports}).Check("p", fset, []*ast.File{file}, nil)
		return err
	}
	for _, expression := range taken {
		assert.NoError(t, check(expression), expression)
	}
	for _, expression := range refused {
		err := check(expression)
		if assert.Error(t, err, expression) {
			assert.Contains(t, err.Error(), "not implement", expression)
		}
	}
}
