package bridge_test

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

	"github.com/mistralbridge/mistralbridge/bridge"
)

// members are the types that belong to each closed interface, by pointer too, with the
// interfaces that a type may belong to besides.
var members = map[reflect.Type][]any{
	reflect.TypeFor[bridge.Message](): {
		bridge.SystemMessage{}, bridge.UserMessage{}, bridge.AssistantMessage{}, bridge.ToolMessage{}, bridge.RawMessage{},
	},
	reflect.TypeFor[bridge.Chunk](): {
		bridge.TextChunk{}, bridge.ThinkChunk{}, bridge.ImageChunk{}, bridge.ImageURLChunk{}, bridge.AudioChunk{}, bridge.AudioURLChunk{}, bridge.RawChunk{},
	},
	reflect.TypeFor[bridge.ToolChoice]():     {bridge.ToolChoiceAuto, bridge.NamedToolChoice{}, bridge.RawToolChoice{}},
	reflect.TypeFor[bridge.ResponseFormat](): {bridge.TextFormat, bridge.JSONSchemaFormat{}, bridge.RawResponseFormat{}},
	reflect.TypeFor[bridge.Object](): {
		&bridge.ChatCompletionRequest{}, &bridge.InstructRequest{}, &bridge.FIMRequest{}, &bridge.TranscriptionRequest{}, &bridge.SpeechRequest{},
		bridge.SystemMessage{}, bridge.UserMessage{}, bridge.AssistantMessage{}, bridge.ToolMessage{},
		bridge.TextChunk{}, bridge.ThinkChunk{}, bridge.ImageChunk{}, bridge.ImageURLChunk{}, bridge.AudioChunk{}, bridge.AudioURLChunk{},
		bridge.Tool{}, bridge.ToolCall{},
	},
}

// others belong to none of them.
var others = []any{
	bridge.Function{}, bridge.FunctionCall{}, bridge.Content{}, bridge.AudioData{}, bridge.ModelSettings{}, bridge.Source{}, bridge.Kwarg{},
	bridge.TemplateOptions{}, bridge.Lark{}, bridge.ReasoningHigh, bridge.Test, bridge.ChatTemplate{}, bridge.Tokenized{}, "", []byte{}, 0, nil,
}

func TestEachInterfaceHasItsOwnTypes(t *testing.T) {
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
	`[]bridge.Message{bridge.TextChunk{}}`, `[]bridge.Message{bridge.Tool{}}`, `[]bridge.Message{bridge.ToolCall{}}`, `[]bridge.Message{bridge.RawChunk("{}")}`,
	`[]bridge.Message{bridge.ToolChoiceAuto}`, `[]bridge.Message{bridge.TextFormat}`, `[]bridge.Message{&bridge.ChatCompletionRequest{}}`,
	`[]bridge.Message{&bridge.InstructRequest{}}`, `[]bridge.Message{mine{}}`, `[]bridge.Message{json.RawMessage("{}")}`, `[]bridge.Message{"Hi"}`,
	`[]bridge.Message{&bridge.TextChunk{}}`, `[]bridge.Message{bridge.Text("a")}`, `[]bridge.Message{bridge.Function{}}`,
	`bridge.Chunks(bridge.UserMessage{})`, `bridge.Chunks(bridge.RawMessage("{}"))`, `bridge.Chunks(bridge.Tool{})`, `bridge.Chunks("text")`, `bridge.Chunks(mine{})`,
	`bridge.Chunks(bridge.Text("a"))`, `bridge.Chunks(bridge.RawToolChoice("{}"))`, `bridge.Chunks(bridge.AudioBytes(nil))`,
	`bridge.ChatCompletionRequest{ToolChoice: bridge.Tool{}}`, `bridge.ChatCompletionRequest{ToolChoice: bridge.TextFormat}`, `bridge.ChatCompletionRequest{ToolChoice: mine{}}`,
	`bridge.ChatCompletionRequest{ToolChoice: bridge.RawChunk("{}")}`, `bridge.ChatCompletionRequest{ResponseFormat: bridge.ToolChoiceAuto}`,
	`bridge.ChatCompletionRequest{ResponseFormat: bridge.RawToolChoice("{}")}`, `bridge.ChatCompletionRequest{ResponseFormat: mine{}}`,
	`[]bridge.Object{bridge.RawMessage("{}")}`, `[]bridge.Object{bridge.RawChunk("{}")}`, `[]bridge.Object{bridge.Function{}}`, `[]bridge.Object{mine{}}`,
	`[]bridge.Object{bridge.ToolChoiceAuto}`, `[]bridge.Object{bridge.TextFormat}`,
}

// taken are some that it must, so that the others are not refused for another reason.
var taken = []string{
	`[]bridge.Message{bridge.UserMessage{}, &bridge.UserMessage{}, bridge.RawMessage("{}"), nil}`, `bridge.Chunks(bridge.TextChunk{}, &bridge.TextChunk{}, bridge.RawChunk("{}"))`,
	`bridge.ChatCompletionRequest{ToolChoice: bridge.ToolChoiceAuto, ResponseFormat: bridge.TextFormat}`, `[]bridge.Object{bridge.Tool{}, &bridge.FIMRequest{}}`,
	`mine{}.Class()`, `json.RawMessage("{}")`,
}

// compiled imports what the compiler has made of the package and of what it imports.
func compiled(t *testing.T, fset *token.FileSet) types.Importer {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", module+"/bridge").Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// TestCompilerRefuses type-checks a program of one expression each against what the
// compiler has made of the package.
func TestCompilerRefuses(t *testing.T) {
	fset := token.NewFileSet()
	imports := compiled(t, fset)
	check := func(expression string) error {
		src := "package p\n\nimport (\n\t\"encoding/json\"\n\n\t\"" + module + "/bridge\"\n)\n\n" +
			"type mine struct{}\n\nfunc (mine) Class() bridge.Class { return bridge.Class{} }\nfunc (mine) encode()  {}\nfunc (mine) message() {}\nfunc (mine) chunk()   {}\n\n" +
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
