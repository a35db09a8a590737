package bridge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A caller who has an error in hand reads its fields: each says what it holds.
func TestErrors_fieldsDocumented(t *testing.T) {
	for _, dir := range []string{".", "bundled", "blockhash", "client", "mistral", "pyjson", "raw", "refserver", "vllm", "../async"} {
		t.Run(dir, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(dir, "*.go"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, name := range files {
				if !strings.HasSuffix(name, "_test.go") {
					checkErrorFields(t, name)
				}
			}
		})
	}
}

// checkErrorFields looks at the exported errors of a file, which are structs.
func checkErrorFields(t *testing.T, name string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() || !strings.HasSuffix(spec.Name.Name, "Error") {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !assert.True(t, ok, "%s: %s is no struct", name, spec.Name) {
			return true
		}
		for _, f := range fields.Fields.List {
			for _, field := range f.Names {
				assert.True(t, !field.IsExported() || f.Doc != nil || f.Comment != nil, "%s: %s.%s has no comment", name, spec.Name, field)
			}
		}
		return true
	})
}
