package s3

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpus writes files of several shards, one of them packed, with records that are rejected, below a directory.
func corpus(t *testing.T, dir string) {
	t.Helper()
	var a, b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&a, "{\"text\": \"Document %d: a ship of %d tons, é, 日本語.\"}\n", i, i*i)
		fmt.Fprintf(&b, "{\"text\": \"The other file, line %d\", \"n\": %d}\n", i, i)
	}
	b.WriteString("no JSON\n{\"text\": \"\"}\n{\"text\": 7}\n")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(b.String()))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "below"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(a.String()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "below", "b.jsonl.gz"), packed.Bytes(), 0o600))
}
