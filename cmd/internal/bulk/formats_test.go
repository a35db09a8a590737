package bulk

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// others are the formats but Megatron's, of which the other tests are.
func others() (names []string) {
	for _, name := range Formats() {
		if name != Megatron {
			names = append(names, name)
		}
	}
	return names
}

// formatCorpus has shards without ids too.
func formatCorpus() map[string]string {
	files := corpus()
	files["c.jsonl"] = strings.Repeat("{\"text\": \"\"}\n", 16)
	files["d.jsonl"] = "{\"text\": \"behind them\"}\n"
	return files
}

// In each format the documents are those of Megatron's, one by one too, and verify finds nothing;
// their digest is the same in all but Megatron's, which is over its files.
func TestFormats(t *testing.T) {
	files, digest := formatCorpus(), ""
	megatron := t.TempDir()
	require.NoError(t, runIn(t.Context(), megatron, made(t, files, plan.Options{}), Config{Limit: anyRejects}))
	for _, name := range others() {
		t.Run(name, func(t *testing.T) {
			p := made(t, files, plan.Options{Output: name})
			out := t.TempDir()
			require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 3, Limit: anyRejects}))
			st, err := ReadStatus(at(t, out))
			require.NoError(t, err)
			holdsEmpty := formats[name].HoldsEmpty()
			if holdsEmpty && digest == "" {
				digest = st.Digest
			}
			if holdsEmpty {
				assert.Equal(t, digest, st.Digest)
				assert.Equal(t, int64(17), st.Counts.Empty)
			} else {
				assert.Equal(t, int64(17), st.Rejected[NoIDs])
			}
			got := int64(0)
			for n := range int64(100) {
				want, err := Document(at(t, megatron), n)
				if err != nil {
					require.ErrorIs(t, err, ErrNoDocument)
					break
				}
				if len(want.IDs) == 0 && !holdsEmpty {
					continue
				}
				d, err := Document(at(t, out), got)
				require.NoError(t, err)
				assert.Equal(t, want, d)
				got++
			}
			assert.Equal(t, st.Counts.Documents+st.Counts.Empty, got)
			for sample, encode := range map[float64]Encode{0: nil, 0.5: letters, 1: letters} {
				r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: sample, Encode: encode})
				require.NoError(t, err)
				assert.Empty(t, r.Differences)
				assert.Equal(t, st.Digest, r.Digest)
			}
		})
	}
}

// Killed at any fifth point and resumed, each format comes to the same bytes, and nothing else is left.
func TestFormatsKilled(t *testing.T) {
	for _, name := range others() {
		t.Run(name, func(t *testing.T) {
			p := made(t, corpus(), plan.Options{Output: name})
			want, file := whole(t, p), saved(t, p)
			points, stderr, _ := child{Dir: t.TempDir(), Plan: file, Parallel: 1}.start(t)
			require.Greater(t, len(points), 40, stderr)
			for kill := 1; kill <= len(points); kill += 5 {
				out := t.TempDir()
				parallel := 1 + kill%2*2
				_, _, state := child{Dir: out, Plan: file, Parallel: parallel, Kill: int64(kill)}.start(t)
				require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), "%d", kill)
				require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 4 - parallel, Limit: anyRejects}))
				require.Equal(t, want, tree(t, out))
			}
		})
	}
}

// Merged shards are the same bytes as a run with one shard makes; nothing is written over.
func TestFormatsMerge(t *testing.T) {
	for _, name := range others() {
		t.Run(name, func(t *testing.T) {
			// The inputs of both are the same files, by name too.
			p := made(t, formatCorpus(), plan.Options{Output: name})
			p1 := planned(t, []string{p.Inputs[0].Path, p.Inputs[1].Path, p.Inputs[2].Path, p.Inputs[3].Path}, plan.Options{ShardBytes: 1 << 20, Output: name})
			one := map[string]string{}
			for path, text := range whole(t, p1) {
				if rest, ok := strings.CutPrefix(filepath.ToSlash(path), shardBase(0)); ok {
					one["x"+rest] = text
				}
			}
			out, to := t.TempDir(), filepath.Join(t.TempDir(), "x")
			require.NoError(t, merged(t, out, p, to, anyRejects))
			got := map[string]string{}
			for path, text := range tree(t, filepath.Dir(to)) {
				got[filepath.ToSlash(path)] = text
			}
			assert.Equal(t, one, got)
			require.ErrorIs(t, Merge(at(t, out), to), ErrThere)
		})
	}
}

// harmful is how many of the changed bytes are of ids, at least: all, but in Parquet, whose footer is long.
var harmful = map[string]int{"datatrove": 14, "mds": 12, "parquet": 2}

// An id that was changed before its file was hashed is found, with the input or without.
func TestFormatsVerify(t *testing.T) {
	for _, name := range others() {
		t.Run(name, func(t *testing.T) {
			p := made(t, corpus(), plan.Options{Output: name})
			good := t.TempDir()
			require.NoError(t, runIn(t.Context(), good, p, Config{Limit: anyRejects}))
			file := shardBase(0) + formats[name].Ends()[0]
			text, err := os.ReadFile(filepath.Join(good, file))
			require.NoError(t, err)
			found := 0
			for n := len(text) / 3; n < len(text); n += max(len(text)/20, 1) {
				alter(t, good, file, func([]byte) []byte {
					changed := bytes.Clone(text)
					changed[n] ^= 1
					return changed
				})
				for _, encode := range []Encode{nil, letters} {
					r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, good), Sample: 1, Encode: encode})
					require.NoError(t, err)
					if len(r.Differences) > 0 {
						found++
					}
				}
			}
			assert.GreaterOrEqual(t, found, 2*harmful[name], "of bytes that were changed")
		})
	}
}
