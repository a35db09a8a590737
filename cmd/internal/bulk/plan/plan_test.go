package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// Shards cover every input once, in order, and none is much larger than it should be.
func TestDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 100).Draw(t, "shard")
		var files []source.File
		groups := Groups{}
		for i := range rapid.IntRange(0, 10).Draw(t, "files") {
			f := source.File{Bytes: rapid.Int64Range(0, 500).Draw(t, "bytes"), Packing: rapid.SampledFrom([]source.Packing{source.Plain, source.Gzip, source.Parquet}).Draw(t, "packing")}
			if f.Packing == source.Parquet {
				f.Bytes = 0
				for range rapid.IntRange(0, 5).Draw(t, "groups") {
					g := source.Group{Rows: rapid.Int64Range(0, 9).Draw(t, "rows"), Bytes: rapid.Int64Range(1, 150).Draw(t, "bytes")}
					groups[i] = append(groups[i], g)
					if g.Rows > 0 {
						f.Rows, f.Bytes = f.Rows+g.Rows, f.Bytes+g.Bytes
					}
				}
			}
			files = append(files, f)
		}
		next, at := 0, int64(0)
		skip := func() {
			for next < len(files) && at == files[next].End() {
				next, at = next+1, 0
			}
		}
		skip()
		parts, total := map[int]int{}, int64(0)
		for _, shard := range Divide(files, groups, size) {
			require.NotEmpty(t, shard)
			for _, r := range shard {
				require.Equal(t, [2]int64{int64(next), at}, [2]int64{int64(r.Input), r.Start})
				require.Greater(t, r.End, r.Start)
				at = r.End
				skip()
				parts[r.Input]++
			}
			switch f := files[shard[0].Input]; {
			case f.Packing == source.Plain, len(shard) > 1:
				require.LessOrEqual(t, shard.Bytes(), size)
			case f.Packing == source.Parquet:
				require.NoError(t, wholeGroups(shard[0], groups[shard[0].Input], size))
			}
			total += shard.Bytes()
		}
		require.Equal(t, len(files), next)
		for i, n := range parts {
			if files[i].Packing == source.Gzip {
				require.LessOrEqual(t, n, packedParts)
			}
		}
		require.Equal(t, (&Plan{Inputs: files}).Bytes(), total)
	})
}

// wholeGroups finds out whether a range is one of whole row groups, and no more than a shard should
// have, unless it is one.
func wholeGroups(r Range, groups []source.Group, size int64) error {
	at, bytes, n := int64(0), int64(0), 0
	for _, g := range groups {
		if at >= r.Start && at < r.End && g.Rows > 0 {
			if at+g.Rows > r.End {
				return errors.New("a part of a row group")
			}
			bytes += g.Bytes
			n++
		}
		at += g.Rows
	}
	if bytes != r.Bytes() || n > 1 && bytes > size {
		return fmt.Errorf("%d row groups of %d bytes, where %d were expected", n, bytes, r.Bytes())
	}
	return nil
}

func put(t *testing.T, dir string, names ...string) {
	for _, name := range names {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, ".", "in/b.jsonl", "in/deep/a.jsonl.zst", "in/c.JSON", "in/readme.md", "x.txt.gz", "lone")
	files, err := Find(t.Context(), []string{"x.txt.gz", "./in/", "lone"}, "out")
	require.NoError(t, err)
	assert.Equal(t, []string{"in/b.jsonl", "in/c.JSON", "in/deep/a.jsonl.zst", "lone", "x.txt.gz"}, files)
	_, err = Guess(files)
	assert.ErrorContains(t, err, "lone: its name does not say")
	_, err = Guess([]string{"in/b.jsonl", "x.txt.gz"})
	assert.ErrorContains(t, err, "of different kinds")
	kind, err := Guess(files[:3])
	require.NoError(t, err)
	assert.Equal(t, JSONL, kind)
	kind, err = Guess([]string{"x.parquet", "y.Parquet"})
	require.NoError(t, err)
	assert.Equal(t, Rows, kind)
	require.NoError(t, os.Symlink("in/b.jsonl", "again.jsonl"))
	for _, twice := range [][]string{{"in", "in/b.jsonl"}, {"in", "again.jsonl"}, {"in", "in"}} {
		_, err = Find(t.Context(), twice, "out")
		assert.ErrorContains(t, err, "are the same file", twice)
	}
	require.NoError(t, os.Symlink("in", "other"))
	for _, out := range []string{"in", "in/out", "in/new/out", "other/out"} {
		_, err = Find(t.Context(), []string{"in"}, out)
		assert.ErrorContains(t, err, "lies within the input", out)
	}
	_, err = Find(t.Context(), []string{"in"}, "in.out")
	require.NoError(t, err)
	put(t, ".", "bad\xff.jsonl")
	_, err = Find(t.Context(), []string{"bad\xff.jsonl"}, "out")
	assert.ErrorContains(t, err, "a name that is not UTF-8")
	require.NoError(t, os.Mkdir("none", 0o700))
	_, err = Find(t.Context(), []string{"none"}, "out")
	assert.ErrorContains(t, err, "no file in it")
}

// What differs is said by name.
func TestDiffer(t *testing.T) {
	made := func(change func(*Plan)) *Plan {
		p := &Plan{Format: Format, Options: Options{Field: "text", BOS: true}, Tokenizer: Tokenizer{Source: "v3"}, MadeBy: map[string]string{"python": "3.14.6"},
			Inputs: []source.File{{Path: "a", Bytes: 5, Stored: 5}, {Path: "b", Bytes: 5, Stored: 5}}, Shards: []Shard{{{0, 0, 5, 0}}, {{1, 0, 5, 0}}}}
		change(p)
		return p
	}
	was := made(func(*Plan) {})
	require.NoError(t, was.Differ(made(func(*Plan) {}), "d"))
	back, err := Decode(was.Encode())
	require.NoError(t, err)
	assert.Equal(t, was.ID(), back.ID())
	for want, change := range map[string]func(*Plan){
		"field was text and is body; bos was true and is false": func(p *Plan) { p.Options.Field, p.Options.BOS = "body", false },
		"it had 2 inputs, these are 1":                          func(p *Plan) { p.Inputs = p.Inputs[:1] },
		"input 1 was b and is c":                                func(p *Plan) { p.Inputs[1].Path = "c" },
		"b has changed since the run was planned":               func(p *Plan) { p.Inputs[1].Stored = 6 },
		"tokenizer was v3 and is v7":                            func(p *Plan) { p.Tokenizer.Source = "v7" },
		"tokenizer words was 0 and is 9":                        func(p *Plan) { p.Tokenizer.Words = 9 },
		"python was 3.14.6 and is 3.15.0":                       func(p *Plan) { p.MadeBy["python"] = "3.15.0" },
		"its shards were divided in another way":                func(p *Plan) { p.Shards = []Shard{{{0, 0, 5, 0}, {1, 0, 5, 0}}} },
	} {
		assert.ErrorContains(t, was.Differ(made(change), "d"), want)
	}
	for _, broken := range []string{`{`, `{"format":2}`, `{"format":1,"inputs":[],"shards":[[{"input":0,"start":0,"end":1}]]}`, `{"format":1,"new":1}`} {
		_, err := Decode([]byte(broken))
		assert.Error(t, err, broken)
	}
}
