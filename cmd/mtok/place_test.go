package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A place is found in another one through symbolic links, also where it is not there yet.
func TestHolds(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.MkdirAll("runs/a/shards", 0o700))
	require.NoError(t, os.Symlink("runs", "link"))
	require.NoError(t, os.Symlink(filepath.Join(dir, "runs", "a", "shards"), "deep"))
	for _, tt := range []struct {
		outer, inner string
		want         bool
	}{
		{"runs/a", "./runs/a/", true},
		{"runs/a", filepath.Join(dir, "link", "a"), true},
		{"runs/a", "link/a/new/x", true},
		{"runs/a", "deep/new", true},
		{"link/a", "runs/a/..new", true},
		{"link", "runs/a", true},
		{"/", "runs/a", true},
		{"runs/a", "link", false},
		{"runs/a", "runs/ab", false},
		{"runs/a", "link/new", false},
		{"runs/a", "runs/a/../new", false},
		{"s3://bucket/a", "s3://bucket/a/b", true},
		{"s3://bucket/a", "runs/a", false},
		{"runs/a", "s3://bucket/a", false},
	} {
		assert.Equal(t, tt.want, holds(tt.outer, tt.inner), "%s, %s", tt.outer, tt.inner)
	}
}
