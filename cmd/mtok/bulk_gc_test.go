package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// The command that is named removes what was listed.
func TestPrintGarbage(t *testing.T) {
	found := &bulk.Collected{Garbage: []bulk.Garbage{{Name: "shards/00000001.bin", Bytes: 9, Why: bulk.Uncommitted}}, Bytes: 9}
	for _, tt := range []struct {
		root string
		idle bool
		want string
	}{
		{"out", false, "1 file, 9 B: mtok bulk gc --remove out removes them\n"},
		{"s3://bucket/out", false, "1 file, 9 B: mtok bulk gc --remove s3://bucket/out removes them\n"},
		{"s3://bucket/out", true, "1 file, 9 B: mtok bulk gc --remove --idle s3://bucket/out removes them\n"},
	} {
		var out strings.Builder
		require.NoError(t, printGarbage(streams{out: &out}, tt.root, found, tt.idle, false))
		assert.Equal(t, "uncommitted  9 B  shards/00000001.bin\n"+tt.want, out.String())
	}
}
