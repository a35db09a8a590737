package bridge_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/mistralbridge/mistralbridge"

type goPackage struct {
	ImportPath       string
	Standard         bool
	Imports          []string
	XTestImports     []string
	CgoFiles, CFiles []string
}

func goList(t *testing.T, args ...string) map[string]goPackage {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,XTestImports,CgoFiles,CFiles"}, args...)...).Output()
	require.NoError(t, err)
	all := map[string]goPackage{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")] = p
	}
}

// Who imports the library inherits the standard library, golang.org/x and us.
func TestImports_dependencies(t *testing.T) {
	for _, p := range goList(t, "-deps", module+"/bridge", module+"/bridge/client", module+"/async") {
		ours := p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/")
		assert.True(t, p.Standard || ours || strings.HasPrefix(p.ImportPath, "golang.org/x/"), p.ImportPath)
		assert.False(t, strings.Contains(p.ImportPath, "/cmd/") && ours, p.ImportPath)
	}
}

// allowed says what of ours each package may import, and does: every entry is used.
var allowed = map[string][]string{
	"":                            {},
	"async":                       {},
	"pyshim":                      {},
	"bridge":                      {"", "async", "pyshim", "bridge/mistral", "bridge/internal/seam", "bridge/internal/jsonenc", "bridge/internal/executor", "bridge/internal/job", "bridge/internal/wire", "bridge/internal/cpython", "bridge/internal/pyenv", "bridge/internal/pool", "bridge/internal/media", "bridge/internal/sys", "bridge/internal/describe", "bridge/internal/bundle"},
	"bridge/pyjson":               {},
	"bridge/bundled":              {},
	"bridge/blockhash":            {},
	"bridge/client":               {"bridge", "bridge/mistral", "bridge/pyjson", "bridge/internal/seam", "bridge/internal/jsonenc", "bridge/internal/wire"},
	"internal/routes":             {},
	"examples/batch":              {"async", "bridge"},
	"examples/onefile":            {"bridge"},
	"examples/quota":              {"bridge"},
	"examples/router":             {"bridge", "bridge/blockhash"},
	"bridge/internal/media":       {"bridge/pyjson"},
	"bridge/internal/describe":    {},
	"bridge/internal/jsonenc":     {"bridge/pyjson", "bridge/internal/preemptible"},
	"bridge/mistral":              {"bridge/pyjson", "bridge/internal/jsonenc", "bridge/internal/describe"},
	"bridge/internal/mistraltest": {},
	"bridge/raw":                  {"async", "bridge", "bridge/internal/seam", "bridge/internal/jsonenc", "bridge/internal/wire", "bridge/mistral"},
	"bridge/vllm":                 {"async", "bridge", "bridge/raw", "bridge/mistral", "bridge/internal/seam", "bridge/internal/jsonenc", "bridge/internal/wire", "bridge/internal/describe"},
	"bridge/refserver":            {"async", "bridge", "bridge/vllm", "bridge/internal/seam", "bridge/internal/jsonenc", "bridge/internal/wire", "bridge/internal/describe", "internal/routes"},
	"bridge/internal/seam":        {"async", "bridge/internal/jsonenc", "bridge/internal/wire", "bridge/mistral"},
	"bridge/internal/wire":        {"bridge/internal/preemptible"},
	"bridge/internal/sys":         {},
	"bridge/internal/cpython":     {"bridge/internal/wire", "bridge/internal/preemptible"},
	"bridge/internal/job":         {"bridge/internal/wire"},
	"bridge/internal/executor":    {"bridge/internal/job", "bridge/internal/wire"},
	"bridge/internal/pool":        {"bridge/internal/wire", "bridge/internal/sys", "bridge/internal/job", "bridge/internal/pool/sched"},
	"bridge/internal/pyenv":       {"bridge/internal/sys", "bridge/internal/bundle"},
	"bridge/internal/bundle":      {},
	"bridge/internal/preemptible": {},
	"bridge/internal/pool/sched":  {},
	"proto/mistralbridge/v1":      {},
	"proto/tokenization":          {},
}

func TestImports_direction(t *testing.T) {
	seen := map[string]bool{}
	for name, p := range goList(t, module+"/...") {
		if name == "cmd" || strings.HasPrefix(name, "cmd/") {
			continue // the top: it may import anything, and nothing imports it
		}
		may, ok := allowed[name]
		unused := slices.Clone(may)
		if !assert.True(t, ok, "%s has no place in the house yet: say in this test what it may import", name) {
			continue
		}
		for _, path := range p.Imports {
			if path == module || strings.HasPrefix(path, module+"/") {
				short := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
				assert.True(t, slices.Contains(may, short), "%s imports %s", name, short)
				unused = slices.DeleteFunc(unused, func(s string) bool { return s == short })
			}
		}
		assert.Empty(t, unused, "%s may import these, and does not", name)
		seen[name] = true
	}
	for name := range allowed {
		assert.True(t, seen[name], "%q is allowed imports, and is no package", name)
	}
}

// What is above a package is no part of its tests either.
func TestImports_poolTests(t *testing.T) {
	for name, p := range goList(t, module+"/bridge/internal/pool/...") {
		assert.NotContains(t, p.XTestImports, module+"/bridge", name)
		if name == "bridge/internal/pool/sched" {
			for _, path := range p.Imports {
				assert.NotContains(t, []string{"sync", "os", "context", "log/slog"}, path, "it decides, and does nothing")
			}
		}
	}
}

func TestImports_cAndUnsafe(t *testing.T) {
	for name, p := range goList(t, module+"/...") {
		if name == "bridge/internal/cpython" {
			assert.NotEmpty(t, p.CgoFiles)
			continue
		}
		assert.Empty(t, p.CgoFiles, name)
		assert.Empty(t, p.CFiles, name)
		// Generated code, and system calls that package os does not make.
		if !strings.HasPrefix(name, "proto/") && name != "bridge/internal/sys" {
			assert.NotContains(t, p.Imports, "unsafe", name)
		}
		assert.NotContains(t, p.Imports, "C", name)
	}
}
