package pyshim_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/pyshim"
)

// A package missing from the embed patterns breaks only the built program:
// tests of the Python side import the files themselves.
func TestSources_embedded(t *testing.T) {
	want := map[string]string{}
	files := os.DirFS(".")
	require.NoError(t, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".py" && path.Ext(name) != ".json" || strings.HasPrefix(name, "tests/") {
			return err
		}
		text, err := fs.ReadFile(files, name)
		want["pyshim/"+name] = string(text)
		return err
	}))
	sources, bootstrap, err := pyshim.Sources()
	require.NoError(t, err)
	require.NotEmpty(t, bootstrap)
	sources["pyshim/"+pyshim.Bootstrap] = bootstrap
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(sources)))
	for name, text := range want {
		assert.True(t, text == sources[name], name)
	}
}

// GET /version names it: what a lock has moved to is compared first.
func TestComparedVLLM(t *testing.T) {
	version, err := pyshim.ComparedVLLM()
	require.NoError(t, err)
	lock, err := os.ReadFile("../locks/vllm.txt")
	require.NoError(t, err)
	assert.Contains(t, string(lock), "\nvllm=="+version+" ")
}
