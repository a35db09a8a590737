package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAdapters_installedOnce(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	}
	write("shared.txt", "1")
	write("good/setup", "#!/bin/sh\necho \"$MTOK\" > \"$MTOK_ADAPTER_CACHE/mtok\"; echo installing good\n")
	write("good/run", "#!/bin/sh\nread x; echo '{\"id\":1,\"ok\":{\"name\":\"good\",\"tokenizers\":[]}}'; read x\n")
	write("bad/setup", "#!/bin/sh\necho no compiler >&2; exit 7\n")
	write("bad/run", "#!/bin/sh\n")
	install := func() (string, []Subject) {
		var log bytes.Buffer
		all, err := Adapters(t.Context(), dir, cache, "/bin/mtok", &log)
		require.NoError(t, err)
		require.Len(t, all, 2)
		return log.String(), all
	}
	log, all := install()
	assert.Contains(t, log, "installing good")
	assert.Equal(t, "it could not be installed: exit status 7; stderr: no compiler", all[0].Note)
	assert.Empty(t, all[1].Note)
	assert.False(t, all[1].Judged)
	found, err := filepath.Glob(filepath.Join(cache, "adapters", "good-*", "mtok"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	text, err := os.ReadFile(found[0])
	require.NoError(t, err)
	assert.Equal(t, "/bin/mtok\n", string(text))

	entries, err := Run(t.Context(), bytewise{}, all, Config{})
	require.NoError(t, err)
	assert.Equal(t, "it supports nothing that was asked for", entries[1].Note)
	assert.Equal(t, "good", entries[1].Name)

	log, _ = install()
	assert.NotContains(t, log, "installing good", "it is there")
	assert.Contains(t, log, "no compiler", "what failed is tried again")
	write("shared.txt", "2")
	log, _ = install()
	assert.Contains(t, log, "installing good", "a file has changed")

	_, err = Adapters(t.Context(), t.TempDir(), cache, "mtok", &bytes.Buffer{})
	require.ErrorContains(t, err, "no adapters")
}
