package bulk

import (
	"math/bits"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// The numbers are those of the documents, in every format, and of a retry, whose documents are copied.
func TestStats(t *testing.T) {
	for _, output := range Formats() {
		t.Run(output, func(t *testing.T) {
			e, p := earlier(t, plan.Options{Output: output})
			out := t.TempDir()
			require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects, Earlier: e}))
			dir := at(t, out)
			var want Lengths
			tokens, documents := int64(0), int64(0)
			f, err := formatOf(p)
			require.NoError(t, err)
			for n := range p.Shards {
				c, err := readCommit(dir, p.ID(), n)
				require.NoError(t, err)
				var r format.Reader = noFiles(c.Counts.Empty)
				done := func() {}
				if hasFiles(f, c.Counts) {
					r, done, err = openShard(dir, f, c)
					require.NoError(t, err)
				}
				require.NoError(t, r.Each(func(_ int64, d format.Document) error {
					for len(want.Bits) <= bits.Len(uint(len(d.IDs))) {
						want.Bits = append(want.Bits, 0)
					}
					want.Bits[bits.Len(uint(len(d.IDs)))]++
					want.Longest = max(want.Longest, int64(len(d.IDs)))
					tokens += int64(len(d.IDs))
					documents++
					return nil
				}))
				done()
			}
			s, err := ReadStats(dir)
			require.NoError(t, err)
			m, err := ReadManifest(dir)
			require.NoError(t, err)
			assert.Equal(t, want, s.Lengths)
			assert.Equal(t, want, m.Lengths)
			assert.Equal(t, [2]int64{tokens, documents}, [2]int64{s.Counts.Tokens, s.Counts.Documents + s.Counts.Empty})
			assert.Equal(t, tokens, s.Counts.TextBytes, "a letter is a token")
			assert.Equal(t, m.Digest, s.Digest)
			var sum Counts
			for i, shard := range s.ByShard {
				assert.Equal(t, i, shard.Shard)
				assert.Equal(t, p.Inputs[p.Shards[i][0].Input].Path, shard.From)
				sum.add(shard.Counts)
			}
			assert.Equal(t, s.Counts, sum)
		})
	}
}

// Times are those of the commits, and only what is committed counts.
func TestStats_underWay(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	require.NoError(t, os.Remove(filepath.Join(out, ManifestName)))
	require.NoError(t, os.Remove(filepath.Join(out, commitName(1))))
	begun := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(out, plan.Name), begun, begun))
	for i, n := range []int{0, 2, 3} {
		when := begun.Add(time.Duration(10-i) * time.Minute)
		require.NoError(t, os.Chtimes(filepath.Join(out, commitName(n)), when, when))
	}
	s, err := ReadStats(at(t, out))
	require.NoError(t, err)
	assert.Equal(t, begun, s.Begun)
	assert.Equal(t, 3, s.Committed)
	assert.Empty(t, s.Digest)
	require.Len(t, s.ByShard, 3)
	for i, n := range []int{0, 2, 3} {
		assert.Equal(t, n, s.ByShard[i].Shard)
		assert.Equal(t, begun.Add(time.Duration(10-i)*time.Minute), s.ByShard[i].Committed)
	}
}
