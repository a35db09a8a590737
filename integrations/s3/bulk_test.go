package s3

import (
	"bytes"
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

var options = []string{"-t", "v3-tekken", "--shard-bytes", "8KiB", "--workers", "2", "--max-rejects", "none"}

func (s *service) run(in, out string) []string {
	return append([]string{"bulk", "run", in, "--out", out}, options...)
}

// onDisk is the run with files only: what it makes, and its digest.
func onDisk(t *testing.T, s *service, in string) (map[string]string, string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	s.ok(t, s.run(in, out)...)
	return results(tree(t, out)), s.digest(t, out)
}

// results are the files that say nothing of where the input lies.
func results(files map[string]string) map[string]string {
	found := map[string]string{}
	for name, text := range files {
		if strings.HasPrefix(name, "shards/") {
			found[name] = text
		}
	}
	return found
}

func (s *service) digest(t *testing.T, out string) string {
	t.Helper()
	var status struct{ Digest string }
	require.NoError(t, json.Unmarshal([]byte(s.ok(t, "bulk", "status", "--json", out)), &status))
	require.NotEmpty(t, status.Digest)
	return status.Digest
}

func TestBulk_sameAsOnDisk(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus")) // the gateway shows what lies in its directory
	want, digest := onDisk(t, s, s.path("corpus"))
	require.Greater(t, len(want), 8)
	for _, tt := range []struct{ name, in, out string }{
		{"from disk", s.path("corpus"), s.url("out-a")},
		{"from objects", s.url("corpus/"), s.url("out-b")},
		{"one prefix, with a slash", s.url("corpus/"), s.url("some/where/out-c/")},
		{"to disk", s.url("corpus/"), filepath.Join(t.TempDir(), "out")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.ok(t, s.run(tt.in, tt.out)...)
			assert.Equal(t, digest, s.digest(t, tt.out))
			at := tt.out
			if strings.HasPrefix(at, "s3:") {
				at = s.path(strings.TrimPrefix(at, s.url("")))
			}
			assert.Equal(t, want, results(tree(t, at)))
			report := s.ok(t, "bulk", "verify", "--sample", "100", tt.out)
			assert.Contains(t, report, "✓ digest "+digest)
			assert.Equal(t, "The other file, line 399", s.ok(t, "bulk", "cat", tt.out, "799"))
			assert.Contains(t, s.ok(t, "bulk", "cat", "--rejects", tt.out), `"class":"json"`)
			again := s.ok(t, s.run(tt.in, tt.out)...)
			assert.Contains(t, again, digest, "there is nothing left to do")
			merged := filepath.Join(t.TempDir(), "merged")
			s.ok(t, "bulk", "merge", tt.out, "--to", merged)
			assert.FileExists(t, merged+".bin")
		})
	}
}

// Objects above the size of a part are put together of several, of which the last request has to be refused as well.
func TestBulk_largeObjects(t *testing.T) {
	s := newService(t)
	in := filepath.Join(t.TempDir(), "large.txt")
	line := strings.Repeat("0123456789", 400) + "\n"
	require.NoError(t, os.WriteFile(in, []byte(strings.Repeat(line, 3000)), 0o600)) // 12 MB, a token a digit
	args := []string{"bulk", "run", in, "--out", s.url("out"), "-t", "v3-tekken"}
	s.ok(t, args...)
	bin, err := os.ReadFile(s.path("out/shards/00000000.bin"))
	require.NoError(t, err)
	require.Greater(t, len(bin), 20<<20)
	digest := s.digest(t, s.url("out"))

	// Made once more, where the ids are there and the commit is not: the same.
	s.remove(t, "out/commits/00000000.json", "out/manifest.json")
	s.ok(t, args...)
	assert.Equal(t, digest, s.digest(t, s.url("out")))

	// And where the ids are others.
	s.remove(t, "out/commits/00000000.json", "out/manifest.json")
	s.remove(t, "out/shards/00000000.bin")
	s.put(t, "out/shards/00000000.bin", "others")
	r := s.mtok(t, args...)
	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.err, "shards/00000000.bin is there already with other bytes")
	kept, err := filepath.Glob(s.path("out/conflicts/*"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	made, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	assert.True(t, bytes.Equal(bin, made), "what was made is kept")
	there, err := os.ReadFile(s.path("out/shards/00000000.bin"))
	require.NoError(t, err)
	assert.Equal(t, "others", string(there), "and replaces nothing")
}

func TestBulk_faults(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	want, digest := onDisk(t, s, s.path("corpus"))
	once := func(h harm, which func(r *http.Request) bool) func(int, *http.Request) harm {
		done := map[string]bool{}
		return func(_ int, r *http.Request) harm {
			key := r.Method + r.URL.String()
			if done[key] || !which(r) {
				return harm{}
			}
			done[key] = true
			return h
		}
	}
	puts := func(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPost }
	gets := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "corpus/")
	}
	for i, tt := range []struct {
		name string
		harm func(int, *http.Request) harm
	}{
		{"500 to each first write", once(harm{status: 500}, puts)},
		{"503 to each first request", once(harm{status: 503}, func(*http.Request) bool { return true })},
		{"429 to each first request", once(harm{status: 429}, func(*http.Request) bool { return true })},
		{"409 to each first write", once(harm{status: 409}, puts)},
		{"the answer to each first write is lost", once(harm{lost: true}, puts)},
		{"each first body breaks off", once(harm{cut: 1000}, gets)},
		{"every third request is lost", func(n int, _ *http.Request) harm { return harm{lost: n%3 == 0} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := fmt.Sprintf("out-%d", i)
			s.doing(tt.harm)
			r := s.mtok(t, s.run(s.url("corpus/"), s.url(out))...)
			s.doing(nil)
			require.Zero(t, r.code, r.err)
			assert.Equal(t, digest, s.digest(t, s.url(out)))
			assert.Equal(t, want, results(tree(t, s.path(out))))
			assert.NoDirExists(t, s.path(out+"/conflicts"))
		})
	}
}

// Killed at any request, before it is done or after, a run is resumed by the same command.
func TestBulk_killed(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	want, digest := onDisk(t, s, s.path("corpus"))
	s.doing(func(int, *http.Request) harm { return harm{} })
	s.ok(t, s.run(s.url("corpus/"), s.url("whole"))...)
	all := s.requests()
	require.Greater(t, all, 40)
	for i, n := 0, 3; n <= all; i, n = i+1, n+1+all/8 {
		{
			late := i%2 == 1
			t.Run(fmt.Sprintf("request %d, late: %v", n, late), func(t *testing.T) {
				out := fmt.Sprintf("out-%d-%v", n, late)
				cmd := s.command(t, s.run(s.url("corpus/"), s.url(out))...)
				kill := func() { _ = cmd.Process.Kill() }
				s.doing(func(at int, _ *http.Request) harm {
					switch {
					case at != n:
						return harm{}
					case late:
						return harm{after: kill}
					}
					return harm{before: kill, status: 500}
				})
				require.Error(t, cmd.Run())
				s.doing(nil)
				s.ok(t, s.run(s.url("corpus/"), s.url(out))...)
				assert.Equal(t, digest, s.digest(t, s.url(out)))
				assert.Equal(t, want, results(tree(t, s.path(out))))
			})
		}
	}
}

// Tasks of an array that know nothing of each other, two of each at once.
func TestBulk_array(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	want, digest := onDisk(t, s, s.path("corpus"))
	s.ok(t, "bulk", "plan", s.url("corpus/"), "--out", s.url("out"), "-t", "v3-tekken", "--shard-bytes", "8KiB")
	done := make(chan error, 4)
	for n := range 4 {
		cmd := s.command(t, "bulk", "work", "--out", s.url("out"), "--index", fmt.Sprint(n%2), "--count", "2", "--workers", "1", "--max-rejects", "none")
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			done <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	assert.Equal(t, digest, s.digest(t, s.url("out")))
	assert.Equal(t, want, results(tree(t, s.path("out"))))
}

func TestBulk_refused(t *testing.T) {
	s := newService(t)
	in := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(in, []byte("a\n"), 0o600))
	require.NoError(t, os.MkdirAll(s.path("taken"), 0o700))
	require.NoError(t, os.WriteFile(s.path("taken/file"), []byte("theirs"), 0o600))
	require.NoError(t, os.MkdirAll(s.path("empty"), 0o700))
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no bucket", []string{"run", in, "--out", "s3://"}, 2, "names no bucket"},
		{"a bucket that is not there", []string{"run", in, "--out", "s3://no-such-bucket/out"}, 1, "no-such-bucket/out"},
		{"not empty", []string{"run", in, "--out", s.url("taken")}, 2, "is not empty and holds no run: file is there"},
		{"no run", []string{"status", s.url("nothing")}, 2, "there is no run"},
		{"an object that is not there", []string{"run", s.url("gone.jsonl"), "--out", s.url("o")}, 1, "gone.jsonl"},
		{"nothing below", []string{"run", s.url("empty/"), "--out", s.url("o")}, 2, "no object below it ends in"},
		{"within its input", []string{"run", s.url("taken/"), "--out", s.url("taken/out")}, 2, "lies within the input"},
		{"a password", []string{"run", in, "--out", "s3://me:pw@bucket/out"}, 2, "has no place in a URL"},
		{"a parameter that is none", []string{"run", in, "--out", s.url("o") + "?regoin=x"}, 2, "regoin"},
		{"another scheme", []string{"run", in, "--out", "ftp://a/b"}, 2, "ftp://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"bulk"}, tt.args...)
			if tt.args[0] == "run" {
				args = append(args, "-t", "v3-tekken")
			}
			r := s.mtok(t, args...)
			assert.Equal(t, tt.code, r.code, r.err)
			assert.Contains(t, r.err, tt.want)
			assert.NotContains(t, r.err, "pw@")
			assert.NotContains(t, r.err, secret)
		})
	}
}

// What cannot be reached any more is not damaged: the run ends as the machine's fault, and is resumed.
func TestBulk_unreachable(t *testing.T) {
	s := newService(t)
	corpus(t, s.path("corpus"))
	want, digest := onDisk(t, s, s.path("corpus"))
	begun := false
	s.doing(func(_ int, r *http.Request) harm {
		begun = begun || r.Method == http.MethodPut
		if begun && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/corpus/") && r.Header.Get("Range") == "" {
			return harm{status: http.StatusForbidden} // what is identified has a range, what is read has none
		}
		return harm{}
	})
	r := s.mtok(t, s.run(s.url("corpus/"), s.url("out"))...)
	s.doing(nil)
	assert.Equal(t, 1, r.code, r.err)
	assert.Contains(t, r.err, "/corpus/")
	assert.Contains(t, r.err, "403")
	assert.NotContains(t, r.err, "damaged")
	assert.NotContains(t, r.err, "cut off")
	s.ok(t, s.run(s.url("corpus/"), s.url("out"))...)
	assert.Equal(t, digest, s.digest(t, s.url("out")))
	assert.Equal(t, want, results(tree(t, s.path("out"))))
}
