package pyenv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func writeScript(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python3")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	return path
}

func TestProbe_timeout(t *testing.T) {
	p := prober{environ: os.Environ(), timeout: 50 * time.Millisecond}
	_, err := p.probe(t.Context(), writeScript(t, "sleep 600"))
	require.ErrorIs(t, err, ErrProbeTimeout)
}

func TestProbe_endlessOutput(t *testing.T) {
	p := prober{environ: os.Environ(), timeout: probeTimeout}
	_, err := p.probe(t.Context(), writeScript(t, "head -c 40000000 /dev/zero | tr '\\0' 'x'"))
	require.ErrorIs(t, err, ErrNotPython)
	assert.Less(t, len(err.Error()), 10_000)
}

func TestTail(t *testing.T) {
	var w tail
	for range 50 {
		n, err := w.Write([]byte(strings.Repeat("a", 1<<20)))
		require.NoError(t, err)
		require.Equal(t, 1<<20, n)
		require.LessOrEqual(t, w.Len(), 2*outputLimit)
	}
	_, _ = w.Write([]byte("end"))
	assert.True(t, strings.HasSuffix(w.String(), "aend"))
}

func TestIgnored(t *testing.T) {
	assert.Equal(t, []string{"PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE"}, Ignored([]string{
		"PYTHONPATH=/y", "PYTHONUNBUFFERED=1", "PYTHON_VERSION=3.14", "PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0", "PYTHONSTARTUP=/s",
		"PYTHONHOME=/x", "PYTHONPATH=/z", "PYTHONUSERBASE=/u", "PYTHONPLATLIBDIR=", "MYPYTHONPATH=/x",
	}))
	got := scrub([]string{"PATH=/bin", "PYTHONHOME=/x", "PYTHONPATH=/y", "__PYVENV_LAUNCHER__=z", "PIP_INDEX_URL=u", "HOME=/h"})
	assert.Equal(t, []string{"PATH=/bin", "PIP_INDEX_URL=u", "HOME=/h"}, got)
}

func TestLookPath_relative(t *testing.T) {
	dir := filepath.Dir(writeScript(t, ":"))
	t.Chdir(dir)
	_, err := lookPath("python3", []string{"PATH=."})
	require.Error(t, err)
	path, err := lookPath("python3", []string{"PATH=.:" + dir})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "python3"), path)
}

func TestIsSharedLibrary(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	assert.False(t, isSharedLibrary(self+"-none", 64))
	text := filepath.Join(t.TempDir(), "libpython3.14.so")
	require.NoError(t, os.WriteFile(text, []byte("INPUT(libpython3.14.so.1.0)"), 0o600))
	assert.False(t, isSharedLibrary(text, 64), "a linker script cannot be opened at run time")
}
