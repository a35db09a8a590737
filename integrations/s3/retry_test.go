package s3

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The rejects of a run are tried again between a directory and a bucket, in both directions and within one; killed at any
// request and started again, the results are those of a run that had no such rejects.
func TestBulkRetry(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	want, digest := onDisk(t, s, s.path("corpus"))
	strict := func(out string) []string { return append(s.run(s.url("corpus/"), out), "--max-record", "57") }
	disk := filepath.Join(t.TempDir(), "strict")
	s.ok(t, strict(disk)...)
	s.ok(t, strict(s.url("strict"))...)
	retry := func(from, to string) []string {
		return []string{"bulk", "retry", from, "--to", to, "--max-record", "64MiB", "--max-rejects", "none", "--workers", "2"}
	}
	for i, tt := range []struct{ name, from, to string }{
		{"in a bucket", s.url("strict"), s.url("new-0")},
		{"from disk", disk, s.url("new-1")},
		{"to disk", s.url("strict"), filepath.Join(t.TempDir(), "new")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := s.ok(t, retry(tt.from, tt.to)...)
			assert.Contains(t, out, "rejects became documents\n")
			assert.Contains(t, out, "digest "+digest)
			at := tt.to
			if i < 2 {
				at = s.path(fmt.Sprintf("new-%d", i))
			}
			assert.Equal(t, want, results(tree(t, at)))
			assert.Contains(t, s.ok(t, "bulk", "verify", "--sample", "100", tt.to), "✓ digest "+digest)
			page := filepath.Join(t.TempDir(), "stats.html")
			assert.Regexp(t, `"committed":"20\d\d-`, s.ok(t, "bulk", "stats", "--json", "--write", page, tt.to))
			text, err := os.ReadFile(page)
			require.NoError(t, err)
			assert.Contains(t, string(text), "Complete, with the digest <code>"+digest)
		})
	}
	s.doing(func(int, *http.Request) harm { return harm{} })
	s.ok(t, retry(s.url("strict"), s.url("whole"))...)
	all := s.requests()
	for n := all / 3; n < all; n += 1 + all/4 {
		t.Run(fmt.Sprintf("killed at request %d", n), func(t *testing.T) {
			out := fmt.Sprintf("killed-%d", n)
			cmd := s.command(t, retry(s.url("strict"), s.url(out))...)
			s.doing(func(at int, _ *http.Request) harm {
				if at != n {
					return harm{}
				}
				return harm{after: func() { _ = cmd.Process.Kill() }}
			})
			require.Error(t, cmd.Run())
			s.doing(nil)
			s.ok(t, retry(s.url("strict"), s.url(out))...)
			assert.Equal(t, digest, s.digest(t, s.url(out)))
			assert.Equal(t, want, results(tree(t, s.path(out))))
		})
	}
}

// What no commit names is removed from a bucket; what a worker may be making only where nobody works. Killed at any
// request, and two at once, the next one removes the rest.
func TestBulkGarbage(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	s.ok(t, s.run(s.url("corpus/"), s.url("out"))...)
	digest, want := s.digest(t, s.url("out")), tree(t, s.path("out"))
	spoil := func() {
		s.remove(t, "out/commits/00000001.json", "out/manifest.json")
		for _, key := range []string{"shards/00000000.ds", "rejects/00000000.jsonl.zst", "conflicts/0123456789abcdef-1-00000000.bin", "theirs", "shards/notes"} {
			s.put(t, "out/"+key, "left")
		}
	}
	gc := func(flags ...string) (found struct {
		Garbage, Kept []struct{ Name string }
	}) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(s.ok(t, append([]string{"bulk", "gc", "--json", s.url("out")}, flags...)...)), &found))
		return found
	}
	spoil()
	spoiled := tree(t, s.path("out"))
	assert.Len(t, gc().Garbage, 2)
	assert.Len(t, gc("--idle").Garbage, 4)
	assert.Equal(t, spoiled, tree(t, s.path("out")))
	assert.Len(t, gc("--remove").Kept, 2, "the ids and the index of a shard without a commit")
	assert.Len(t, gc("--remove", "--idle").Garbage, 2)
	assert.Contains(t, s.ok(t, "bulk", "gc", s.url("out")), "there is nothing to remove")
	s.ok(t, s.run(s.url("corpus/"), s.url("out"))...)
	assert.Equal(t, digest, s.digest(t, s.url("out")))
	assert.Len(t, gc("--remove").Garbage, 1, "the conflict, when all is committed")
	rest := tree(t, s.path("out"))
	delete(rest, "theirs")
	delete(rest, "shards/notes")
	assert.Equal(t, want, rest)

	s.doing(func(int, *http.Request) harm { return harm{} })
	spoil()
	gc("--remove", "--idle")
	all := s.requests()
	for n := 2; n <= all; n += 1 + all/6 {
		t.Run(fmt.Sprintf("killed at request %d", n), func(t *testing.T) {
			s.doing(nil)
			spoil()
			args := []string{"bulk", "gc", "--remove", "--idle", s.url("out")}
			cmd := s.command(t, args...)
			s.doing(func(at int, _ *http.Request) harm {
				if at != n {
					return harm{}
				}
				return harm{after: func() { _ = cmd.Process.Kill() }}
			})
			_ = cmd.Run() // with fewer requests it comes to its end
			s.doing(nil)
			first, second := s.command(t, args...), s.command(t, args...)
			require.NoError(t, first.Start())
			require.NoError(t, second.Run())
			require.NoError(t, first.Wait())
			assert.Empty(t, gc("--idle").Garbage)
			s.ok(t, s.run(s.url("corpus/"), s.url("out"))...)
			assert.Equal(t, digest, s.digest(t, s.url("out")))
			for name, text := range want {
				if !strings.HasPrefix(name, "tmp") {
					assert.Equal(t, text, tree(t, s.path("out"))[name], name)
				}
			}
		})
	}
}
