package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// TestSetup_hostPythons builds on whatever interpreters are installed here, with
// their own pip or, where they have none, that of the distribution.
func TestSetup_hostPythons(t *testing.T) {
	tried := map[string]bool{}
	for _, name := range []string{"python3", "python3.11", "python3.12", "python3.13", "python3.14"} {
		host, err := pyenv.Probe(t.Context(), name)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if tried[host.FullVersion] {
			continue
		}
		tried[host.FullVersion] = true
		t.Run(host.Version, func(t *testing.T) {
			o := smallOptions(ownCache(t))
			o.Python, o.Distribution = name, bundled.Python()
			env, err := pyenv.Setup(t.Context(), o)
			require.NoError(t, err)
			assert.Equal(t, host.Version, env.Interpreter.Version)
			assert.Equal(t, host.BasePrefix, env.Interpreter.BasePrefix)
			assert.Equal(t, env.Dir, env.Interpreter.Prefix)
			found, err := pyenv.Verify(t.Context(), env)
			require.NoError(t, err)
			assert.Empty(t, found)

			// Without a bundled interpreter it is found by its lock.
			again, err := pyenv.Resolve(t.Context(), pyenv.Options{CacheDir: o.CacheDir, Requirements: o.Requirements})
			require.NoError(t, err)
			assert.Equal(t, env.Dir, again.Dir)
		})
	}
	if len(tried) == 0 {
		t.Skip("no Python of this machine can be embedded; the bundled one is tested elsewhere")
	}
}

func TestSetup_pythonWithoutPip(t *testing.T) {
	o := smallOptions(ownCache(t))
	o.Python = bundledPython() // it comes without pip and ensurepip
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	assert.FileExists(t, env.Interpreter.SitePackages+"/typing_extensions.py")

	o.CacheDir, o.Distribution = t.TempDir(), nil
	_, err = pyenv.Setup(t.Context(), o)
	var failed *pyenv.InstallError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, err.Error(), "neither pip nor ensurepip")
}
