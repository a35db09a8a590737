package pyenv_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// elsewhere is a CPython of which nothing can be run.
type elsewhere struct{ sharing }

func (elsewhere) Key() string { return "cpython-3.14-elsewhere" }

func (elsewhere) Unpack(_ context.Context, dir string) error {
	return errors.Join(
		os.MkdirAll(filepath.Join(dir, "bin"), 0o700), os.MkdirAll(filepath.Join(dir, "lib", "python3.14"), 0o700),
		os.WriteFile(filepath.Join(dir, "bin", "python3"), []byte("not for this machine"), 0o700),
		os.WriteFile(filepath.Join(dir, "lib", "python3.14", "os.py"), []byte("import sys\n"), 0o600))
}

// otherPlatform is the platform that this is not, and the names that wheels have for the two.
func otherPlatform() (platform, machine, here string) {
	if runtime.GOARCH == "arm64" {
		return "linux/amd64", "x86_64", "aarch64"
	}
	return "linux/arm64", "aarch64", "x86_64"
}

// A bundle for another platform has the wheels that are for that one, those for the oldest C library
// first, and what the lock has for its processor.
func TestPack_foreignPlatform(t *testing.T) {
	platform, machine, here := otherPlatform()
	native := func(tag string) wheel {
		return wheel{name: "native", version: "1.0", salt: tag, tag: "cp314-cp314-" + tag}
	}
	all := []wheel{
		native("manylinux_2_17_" + here), native("manylinux_2_28_" + machine), native("manylinux_2_17_" + machine), native("musllinux_1_2_" + machine),
		{name: "stable", version: "2.0", tag: "cp39-abi3-manylinux2014_" + machine, requires: []string{"there; platform_machine == '" + machine + "'"}},
		{name: "there", version: "3.0"}, {name: "here", version: "3.0"},
	}
	text := "native==1.0"
	for _, w := range all[:4] {
		text += " --hash=sha256:" + w.hash(t)
	}
	text += "\n" + all[4].lockLine(t)
	marked := func(w wheel, machine string) string {
		return w.name + "==" + w.version + " ; platform_machine == '" + machine + "' --hash=sha256:" + w.hash(t) + "\n"
	}
	x := newIndex(t, all...)
	o := smallOptions(ownCache(t))
	o.Environ, o.Requirements = x.only(), []byte(text+marked(all[5], machine)+marked(all[6], here))
	foreign := pyenv.Foreign{Platform: platform, Distribution: elsewhere{}}
	var packed bytes.Buffer
	h, err := pyenv.PackFor(t.Context(), o, foreign, &packed)
	require.NoError(t, err)
	assert.Equal(t, platform, h.Platform)
	assert.Empty(t, temporaries(t, o.CacheDir))

	files := fstest.MapFS{"env.tar": {Data: packed.Bytes()}}
	r, err := bundle.Find(files, platform)
	require.NoError(t, err)
	defer r.Close()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	require.NoError(t, r.Extract(t.Context(), map[string]*os.Root{r.Header.Environment: root}))
	site := filepath.Join(dir, "lib", "python3.14", "site-packages")
	module, err := os.ReadFile(filepath.Join(site, "native.py"))
	require.NoError(t, err)
	assert.Contains(t, string(module), "# manylinux_2_17_"+machine)
	assert.FileExists(t, filepath.Join(site, "stable.py"))
	assert.FileExists(t, filepath.Join(site, "there.py"))
	assert.NoFileExists(t, filepath.Join(site, "here.py"))
	compiled, err := filepath.Glob(filepath.Join(site, "__pycache__", "*.pyc"))
	require.NoError(t, err)
	assert.Len(t, compiled, 3)

	// Here it is refused, in the words of this machine.
	_, err = pyenv.Resolve(t.Context(), pyenv.Options{Bundle: files, Requirements: o.Requirements, CacheDir: t.TempDir(), Environ: bare()})
	require.ErrorIs(t, err, bundle.ErrPlatform)
	assert.ErrorContains(t, err, "it is for "+platform+", and this is "+runtime.GOOS+"/"+runtime.GOARCH)

	// What its packages require there must be in the lock.
	o.Requirements = []byte(text)
	_, err = pyenv.PackFor(t.Context(), o, foreign, &packed)
	var incomplete *pyenv.IncompleteLockError
	require.ErrorAs(t, err, &incomplete)
	assert.Contains(t, incomplete.Reason, "there is not in the lock")

	// A wheel that is another one is not taken.
	o.Requirements = []byte(strings.ReplaceAll(text, all[2].hash(t), all[0].hash(t)) + marked(all[5], machine))
	x.hashes = false
	_, err = pyenv.PackFor(t.Context(), o, foreign, &packed)
	var refused *pyenv.HashError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "native", refused.Package)

	for _, unknown := range []string{"linux/riscv64", "darwin/arm64", ""} {
		t.Run(unknown, func(t *testing.T) {
			_, err = pyenv.PackFor(t.Context(), o, pyenv.Foreign{Platform: unknown, Distribution: elsewhere{}}, &packed)
			require.ErrorIs(t, err, pyenv.ErrForeign)
		})
	}
	assert.Empty(t, temporaries(t, o.CacheDir))
}
