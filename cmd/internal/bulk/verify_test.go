package bulk

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// alter changes a file of a run, and its sums, as an error before the commit would have.
func alter(t *testing.T, out, name string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(out, name)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(text), 0o600))
	sum, err := at(t, out).SumOf(name)
	require.NoError(t, err)
	p, err := ReadPlan(at(t, out))
	require.NoError(t, err)
	for n := range p.Shards {
		c, err := readCommit(at(t, out), p.ID(), n)
		require.NoError(t, err)
		for i := range c.Files {
			if c.Files[i].Name == name {
				c.Files[i] = sum
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(out, commitName(n)), encodeJSON(c), 0o600))
	}
	m, err := gather(at(t, out), p, p.ID())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(out, ManifestName), encodeJSON(m), 0o600))
}

// Whatever is wrong with an output is found, and nothing where nothing is.
func TestVerify(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	verify := func(out string, sample float64, encode Encode) string {
		r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: sample, Encode: encode})
		require.NoError(t, err)
		return strings.Join(r.Differences, "\n")
	}
	flip := func(at int) func([]byte) []byte {
		return func(text []byte) []byte {
			text[at] ^= 1
			return text
		}
	}
	remove := func(name string) func(string) {
		return func(out string) { require.NoError(t, os.Remove(filepath.Join(out, name))) }
	}
	good := t.TempDir()
	require.NoError(t, runIn(t.Context(), good, p, Config{Parallel: 2, Limit: anyRejects}))
	assert.Empty(t, verify(good, 1, letters))
	assert.Empty(t, verify(good, 0, letters))
	assert.Empty(t, verify(good, 0, nil))
	for want, harm := range map[string]func(out string){
		"00.bin is not what was committed":    func(out string) { harmFile(t, out, shardBase(0)+".bin", flip(0)) },
		"01.idx is not what was committed":    func(out string) { harmFile(t, out, shardBase(1)+".idx", flip(40)) },
		"02.jsonl.zst is not what":            func(out string) { harmFile(t, out, rejectsName(2), flip(9)) },
		"00.bin is not what was committed: 0": remove(shardBase(0) + ".bin"),
		"shard 1 is not committed":            remove(commitName(1)),
		"the manifest: ":                      remove(ManifestName),
		"manifest is not what the commits say": func(out string) {
			harmFile(t, out, ManifestName, func(b []byte) []byte { return []byte(strings.Replace(string(b), `"tokens": `, `"tokens": 1`, 1)) })
		},
		"document 0 of shard 0 has other ids": func(out string) { alter(t, out, shardBase(0)+".bin", flip(0)) },
		"has 7 documents, the commit 8": func(out string) {
			alter(t, out, shardBase(0)+".idx", func([]byte) []byte { b, _ := os.ReadFile(filepath.Join(out, shardBase(1)+".idx")); return b })
		},
		"there is no document for the record": func(out string) {
			alter(t, out, rejectsName(2), func([]byte) []byte { b, _ := os.ReadFile(filepath.Join(good, rejectsName(2))); return b[:0] })
		},
		"has documents of other lengths than its commit says: the longest has 10 tokens, and not 110": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte { return []byte(strings.Replace(string(b), `"longest": 10`, `"longest": 110`, 1)) })
		},
		"the texts of its documents have": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte {
				return []byte(strings.Replace(string(b), `"text_bytes": `, `"text_bytes": 1`, 1))
			})
		},
		"the lengths are those of": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte {
				return []byte(strings.Replace(string(b), "\"by_bits\": [\n", "\"by_bits\": [\n   1,\n", 1))
			})
		},
		"28 records are not": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte { return []byte(strings.Replace(string(b), `"records": `, `"records": 2`, 1)) })
		},
		"was read from byte 1, where 0 was next": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte { return []byte(strings.Replace(string(b), `"start": 0`, `"start": 1`, 1)) })
		},
		"is not what it was made from, to the byte": func(out string) {
			harmFile(t, out, commitName(0), func(b []byte) []byte { return []byte(strings.Replace(string(b), `"sha256": "`, `"sha256": "x`, 1)) })
		},
	} {
		t.Run(want, func(t *testing.T) {
			out := t.TempDir()
			require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
			harm(out)
			assert.Contains(t, verify(out, 1, letters), want)
		})
	}
	assert.Contains(t, verify(good, 1, func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		return letters(ctx, append(append([]string{}, texts[:len(texts)-1]...), "other"))
	}), "has other ids than the tokenizer makes of it now")
	assert.Contains(t, verify(good, 1, func(_ context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		return make([]bridge.Answer[Encoded], len(texts)), nil
	}), "the record was rejected (reference: builtins.ValueError: no such letter), and now is a document")
	require.NoError(t, os.WriteFile(p.Inputs[1].Path, []byte("{\"text\": \"LAST\", \"id\": 1}"), 0o600))
	assert.Contains(t, verify(good, 0, letters), "has changed since the run was planned")
	assert.Empty(t, verify(good, 0, nil), "the output alone")
}

// A run whose commits are older than some of their counts is as good as ever.
func TestVerify_earlierVersion(t *testing.T) {
	p, out := made(t, corpus(), plan.Options{}), t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	for n := range p.Shards {
		c, err := readCommit(at(t, out), p.ID(), n)
		require.NoError(t, err)
		c.Lengths, c.Counts.TextBytes = Lengths{}, 0
		require.NoError(t, os.WriteFile(filepath.Join(out, commitName(n)), encodeJSON(c), 0o600))
	}
	m, err := gather(at(t, out), p, p.ID())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(out, ManifestName), encodeJSON(m), 0o600))
	r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: 1, Encode: letters})
	require.NoError(t, err)
	assert.Empty(t, r.Differences)
}

func harmFile(t *testing.T, out, name string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(out, name)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(text), 0o600))
}

// A sample is the same each time, and about as large as it should be.
func TestSample(t *testing.T) {
	v := &verifying{VerifyConfig: VerifyConfig{Sample: 0.1}}
	n := 0
	for i := range int64(10_000) {
		if v.sampled("a/file.jsonl", i*137) {
			n++
		}
	}
	assert.InDelta(t, 1000, n, 150)
}
