package pyenv_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// aLibrary is a shared library of the bundled Python's.
func aLibrary(t *testing.T) []byte {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(bundledPython())), "lib", "libpython3.*.so.1.0"))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	text, err := os.ReadFile(all[0])
	require.NoError(t, err)
	return text
}

// A library that is cut off is found before anything is loaded, by every start, and named.
func TestResolve_truncatedLibrary(t *testing.T) {
	cache := builtCache(t)
	o := smallOptions(cache)
	o.Offline = true
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	library := filepath.Join(env.Interpreter.SitePackages, "x.libs", "libx-1.so.2")
	text := aLibrary(t)
	require.NoError(t, os.Mkdir(filepath.Dir(library), 0o700))
	require.NoError(t, os.WriteFile(library, text, 0o600))
	require.NoError(t, pyenv.WriteManifest(env.Dir, bundled.Python().Key()))
	report := filepath.Join(env.Dir, ".probe.json")
	require.NoError(t, os.Remove(report))
	_, err = pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	refused := func(says string) {
		t.Helper()
		_, err := pyenv.Setup(t.Context(), o)
		var damaged *pyenv.DamagedError
		require.ErrorAs(t, err, &damaged)
		assert.Equal(t, library, damaged.Path)
		assert.Contains(t, err.Error(), library+" is damaged: "+says)
		assert.Contains(t, err.Error(), "mtok setup")
	}
	require.NoError(t, os.Truncate(library, 8192))
	refused("it has 8192 bytes, and had ")
	require.NoError(t, os.Truncate(library, 0))
	refused("it has 0 bytes")

	// The report of an earlier version does not know the sizes.
	var kept map[string]any
	old, err := os.ReadFile(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(old, &kept))
	delete(kept, "libraries")
	old, err = json.Marshal(kept)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(report, old, 0o600))
	refused("it has 0 bytes")
	require.NoError(t, os.Remove(library))
	refused("no such file")
	require.NoError(t, os.WriteFile(library, text, 0o600))
	_, err = pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
}

// In an environment that is not ours the library itself says how long it has to be.
func TestResolve_truncatedForeignLibrary(t *testing.T) {
	site := t.TempDir()
	python := answer(t, func(f map[string]any) {
		f["packages"], f["site_packages"] = map[string]string{"mistral-common": "1.13.1"}, site
	})
	library := filepath.Join(site, "package", "x.cpython-314-x86_64-linux-gnu.so")
	text := aLibrary(t)
	require.NoError(t, os.Mkdir(filepath.Dir(library), 0o700))
	for size, whole := range map[int]bool{len(text): true, 0: true, 4096: false, len(text) / 2: false} {
		t.Run(strconv.Itoa(size), func(t *testing.T) { // an empty one is none
			require.NoError(t, os.WriteFile(library, text[:size], 0o600))
			_, err := pyenv.Resolve(t.Context(), pyenv.Options{Python: python})
			if whole {
				require.NoError(t, err, size)
				return
			}
			var damaged *pyenv.DamagedError
			require.ErrorAs(t, err, &damaged, size)
			assert.Equal(t, library, damaged.Path)
			assert.Contains(t, err.Error(), "it is cut off")
			assert.Contains(t, err.Error(), "install the package that it belongs to again")
		})
	}
}
