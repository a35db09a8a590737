package bulk

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// withLong is corpus and two records that are too long for a MaxRecord of 100, one of them within others.
func withLong() map[string]string {
	files := corpus()
	files["a.jsonl"] = "{\"text\": \"" + strings.Repeat("long ", 30) + "\"}\n" + files["a.jsonl"]
	files["c.jsonl"] = "{\"text\": \"c\"}\n{\"text\": \"" + strings.Repeat("longer ", 50) + "\"}\n{\"text\": \"d\"}\n"
	return files
}

// dying is an Encode whose worker ends with some texts.
func dying(encode Encode, texts ...string) Encode {
	return func(ctx context.Context, all []string) ([]bridge.Answer[Encoded], error) {
		out, err := encode(ctx, all)
		for i, text := range all {
			if slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(text, t) }) {
				out[i] = bridge.Answer[Encoded]{Err: &bridge.ItemError{Index: i, Err: &bridge.WorkerError{Kind: bridge.ErrWorkerDied, Exit: -1}}}
			}
		}
		return out, err
	}
}

// earlier is a run that rejects more than it would have to, and the plan that does not.
func earlier(t *testing.T, o plan.Options) (e *Earlier, now *plan.Plan) {
	t.Helper()
	o.MaxRecord = 100
	p := made(t, withLong(), o)
	encode := letters
	if o.Type.IsChat() {
		encode = maskedLetters
	}
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects, Encode: dying(encode, "document 3\"", "document 3", "last")}))
	e, err := earlierIn(out)
	require.NoError(t, err)
	again := *p
	again.Options.MaxRecord = 1 << 20
	return e, &again
}

// What a retry makes is, to the byte, what a run makes that had no such rejects from the beginning; only rejects are
// encoded, and the run that is tried again stays as it was.
func TestRetry(t *testing.T) {
	chats := plan.Options{Type: plan.Chat, Records: plan.JSONL}
	for name, o := range map[string]plan.Options{
		"megatron": {}, "datatrove": {Output: "datatrove"}, "parquet": {Output: "parquet"}, "mds": {Output: "mds"}, "lines": {Records: plan.Lines}, "chats": chats,
	} {
		t.Run(name, func(t *testing.T) {
			e, p := earlier(t, o)
			want, was := whole(t, p), tree(t, e.Dir.Root())
			st, err := ReadStatus(e.Dir)
			require.NoError(t, err)
			var mu sync.Mutex
			encoded := int64(0)
			encode := letters
			if o.Type.IsChat() {
				encode = maskedLetters
			}
			out := t.TempDir()
			require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects, Earlier: e,
				Encode: func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
					mu.Lock()
					defer mu.Unlock()
					encoded += int64(len(texts))
					return encode(ctx, texts)
				}}))
			assert.Equal(t, want, tree(t, out))
			assert.Equal(t, was, tree(t, e.Dir.Root()))
			// Only rejects are encoded, each once at most.
			assert.LessOrEqual(t, encoded, st.Counts.Rejected)
			assert.Positive(t, encoded)
			rejects, mended, err := e.Retried(at(t, out), p)
			require.NoError(t, err)
			now, err := ReadStatus(at(t, out))
			require.NoError(t, err)
			assert.Equal(t, st.Counts.Rejected, rejects)
			assert.Equal(t, st.Counts.Rejected-now.Counts.Rejected, mended)
			assert.GreaterOrEqual(t, mended, int64(3))
			r, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: 1, Encode: encode})
			require.NoError(t, err)
			assert.Empty(t, r.Differences)
		})
	}
}

// Shards without rejects are the same files, under a second name.
func TestRetry_links(t *testing.T) {
	e, p := earlier(t, plan.Options{})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects, Earlier: e}))
	linked := 0
	for n := range p.Shards {
		c, err := readCommit(e.Dir, e.Plan.ID(), n)
		require.NoError(t, err)
		if c.Counts.Documents == 0 {
			continue
		}
		was, err := os.Stat(filepath.Join(e.Dir.Root(), shardBase(n)+".bin"))
		require.NoError(t, err)
		is, err := os.Stat(filepath.Join(out, shardBase(n)+".bin"))
		require.NoError(t, err)
		assert.Equal(t, c.Counts.Rejected == 0, os.SameFile(was, is), n)
		if c.Counts.Rejected == 0 {
			linked++
		}
	}
	assert.Positive(t, linked)
}

// What a run has not made by then is made from the beginning.
func TestRetry_underWay(t *testing.T) {
	e, p := earlier(t, plan.Options{})
	want := whole(t, p)
	for _, n := range []int{0, 2} {
		require.NoError(t, os.Remove(filepath.Join(e.Dir.Root(), commitName(n))))
	}
	require.NoError(t, os.Remove(filepath.Join(e.Dir.Root(), ManifestName)))
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects, Earlier: e}))
	assert.Equal(t, want, tree(t, out))
}

// Killed anywhere and started again, it makes the same; so do two at once.
func TestRetry_killedAnywhere(t *testing.T) {
	e, p := earlier(t, plan.Options{})
	want, was, file := whole(t, p), tree(t, e.Dir.Root()), saved(t, p)
	c := child{Plan: file, Parallel: 1, From: e.Dir.Root(), Dir: t.TempDir()}
	points, stderr, _ := c.start(t)
	require.Greater(t, len(points), 40, stderr)
	for kill := 1; kill <= len(points); kill++ {
		c.Dir, c.Kill, c.Parallel = t.TempDir(), int64(kill), 1+kill%2
		_, _, state := c.start(t)
		require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), "%d", kill)
		require.NoError(t, runIn(t.Context(), c.Dir, p, Config{Parallel: 2, Limit: anyRejects, Earlier: e}))
		require.Equal(t, want, tree(t, c.Dir), "killed at %d", kill)
	}
	c.Dir, c.Kill = t.TempDir(), 0
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			_, stderr, state := c.start(t)
			assert.True(t, state.Success(), stderr)
		})
	}
	group.Wait()
	assert.Equal(t, want, tree(t, c.Dir))
	assert.Equal(t, was, tree(t, e.Dir.Root()))
}

// Input that has changed costs the shards with rejects; those without need it no more. What the earlier run holds has to
// be what it committed.
func TestRetry_damage(t *testing.T) {
	e, p := earlier(t, plan.Options{})
	root := e.Dir.Root()
	retry := func() error { return runIn(t.Context(), t.TempDir(), p, Config{Limit: anyRejects, Earlier: e}) }
	text, err := os.ReadFile(p.Inputs[2].Path)
	require.NoError(t, err)
	harmFile(t, filepath.Dir(p.Inputs[2].Path), "c.jsonl", func(b []byte) []byte {
		return []byte(strings.Replace(string(b), "\"c\"", "\"C\"", 1))
	})
	var incomplete *IncompleteError
	require.ErrorAs(t, retry(), &incomplete)
	assert.Contains(t, incomplete.Error(), "c.jsonl has changed")
	require.NoError(t, os.WriteFile(p.Inputs[2].Path, text, 0o600))
	require.NoError(t, retry())

	n := slices.IndexFunc(p.Shards, func(s plan.Shard) bool { return s[0].Input == 2 })
	for name, harm := range map[string]func([]byte) []byte{
		shardBase(n) + ".bin": func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) },
		rejectsName(n):        func(b []byte) []byte { return b[:len(b)-1] },
	} {
		t.Run(name, func(t *testing.T) {
			was, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			harmFile(t, root, name, harm)
			assert.ErrorContains(t, retry(), name+" is not what was committed")
			require.NoError(t, os.WriteFile(filepath.Join(root, name), was, 0o600))
		})
	}
	// It read other records, in the middle of a file whose ends are the same.
	was, err := os.ReadFile(filepath.Join(root, commitName(n)))
	require.NoError(t, err)
	harmFile(t, root, commitName(n), func(b []byte) []byte { return []byte(strings.Replace(string(b), `"sha256": "`, `"sha256": "x`, 1)) })
	require.ErrorAs(t, retry(), &incomplete)
	assert.Contains(t, incomplete.Error(), "its records are not those that the earlier run has read")
	require.NoError(t, os.WriteFile(filepath.Join(root, commitName(n)), was, 0o600))
	// The commit says otherwise than its files.
	alter(t, root, rejectsName(n), func(b []byte) []byte { return b[:0] })
	assert.ErrorContains(t, retry(), "is neither a document nor a reject of the earlier run")
}

// From another file system, or a bucket, files are copied, and held against their sums.
func TestAdopt_copies(t *testing.T) {
	e, p := earlier(t, plan.Options{})
	want, out := whole(t, p), t.TempDir()
	copying := &Earlier{struct{ store.Store }{e.Dir}, e.Plan}
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects, Earlier: copying}))
	assert.Equal(t, want, tree(t, out))
	good := 0
	for ; ; good++ {
		c, err := readCommit(e.Dir, e.Plan.ID(), good)
		require.NoError(t, err)
		if c.Counts.Rejected == 0 {
			break
		}
	}
	harmFile(t, e.Dir.Root(), shardBase(good)+".bin", func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) })
	for _, from := range []*Earlier{copying, e} { // what is linked is looked at, too: its length says nothing
		err := runIn(t.Context(), t.TempDir(), p, Config{Limit: anyRejects, Earlier: from})
		assert.ErrorContains(t, err, shardBase(good)+".bin in "+e.Dir.Root()+" is not what was committed")
	}
}
