package bridge_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicPackages are those of this directory that programs may import.
func publicPackages(t *testing.T) (names []string) {
	out, err := exec.Command("go", "list", module+"/bridge/...", module+"/async").Output()
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.Contains(name, "/internal/") {
			names = append(names, name)
		}
	}
	return names
}

// What is public can be read without the internal packages: no type is another name of one of
// theirs, and no field, parameter or result has one. It is asked of the compiler's own data.
func TestExported_noInternalTypes(t *testing.T) {
	names := publicPackages(t)
	assert.GreaterOrEqual(t, len(names), 5)
	out, err := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, names...)...).Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	for _, name := range names {
		pkg, err := imports.Import(name)
		require.NoError(t, err)
		for _, word := range pkg.Scope().Names() {
			if obj := pkg.Scope().Lookup(word); obj.Exported() {
				for _, text := range shown(obj) {
					assert.NotContains(t, text, "/internal/", "%s.%s", pkg.Name(), word)
				}
			}
		}
	}
}

// shown is what go doc shows of an object: its type, exported fields and methods.
func shown(obj types.Object) (all []string) {
	whole := func(p *types.Package) string { return p.Path() }
	name, isType := obj.(*types.TypeName)
	if !isType {
		return []string{types.TypeString(obj.Type(), whole)}
	}
	if name.IsAlias() {
		all = append(all, types.TypeString(types.Unalias(obj.Type()), whole))
	}
	methods := types.NewMethodSet(types.NewPointer(obj.Type()))
	for i := range methods.Len() {
		if m := methods.At(i).Obj(); m.Exported() {
			all = append(all, types.TypeString(m.Type(), whole))
		}
	}
	switch under := obj.Type().Underlying().(type) {
	case *types.Struct:
		for f := range under.Fields() {
			if f.Exported() {
				all = append(all, types.TypeString(f.Type(), whole))
			}
		}
	case *types.Interface:
		for m := range under.ExplicitMethods() {
			if m.Exported() {
				all = append(all, types.TypeString(m.Type(), whole))
			}
		}
	default:
		all = append(all, types.TypeString(under, whole))
	}
	return all
}
