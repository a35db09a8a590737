package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Metrics of a run that is held before its manifest are those of its commits.
func TestBulkMetrics(t *testing.T) {
	b := newBulkCorpus(t)
	cmd := exec.Command("mtok", "bulk", "run", b.corpus, "--json", "--shard-bytes", "30KiB", "--out", filepath.Join(b.dir, "out"), "--metrics", "127.0.0.1:0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "MTOK_CACHE=" + cacheDir(t), holdVariable + "=written manifest.json"}
	hold, err := cmd.StdinPipe()
	require.NoError(t, err)
	said, err := cmd.StderrPipe()
	require.NoError(t, err)
	var out strings.Builder
	cmd.Stdout = &out
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "mtok: metrics at ")
	require.True(t, ok, line)
	read := func() string {
		r, err := http.Get(url)
		require.NoError(t, err)
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, r.StatusCode)
		return string(text)
	}
	total := regexp.MustCompile(`mtok_bulk_shards\{state="(?:running|waiting)"\} [1-9]`)
	limit := time.Now().Add(3 * time.Minute)
	text := read()
	for ; total.MatchString(text) && time.Now().Before(limit); text = read() {
		time.Sleep(20 * time.Millisecond) // it is asked as Prometheus asks
	}
	_ = hold.Close()
	rest, _ := io.ReadAll(lines)
	require.NoError(t, cmd.Wait(), "%s", rest)
	counts := regexp.MustCompile(`"bytes":(\d+),"records":(\d+),"documents":(\d+),.*"tokens":(\d+)`).FindStringSubmatch(out.String())
	require.Len(t, counts, 5, out.String())
	for i, name := range []string{"bytes", "records", "documents", "tokens"} {
		assert.Regexp(t, `(?m)^mtok_bulk_`+name+`_total `+counts[i+1]+`$`, text)
	}
	assert.Contains(t, text, "mtok_bulk_rejects_total{class=\"json\"} 1\n")
	assert.Contains(t, text, "mtok_bulk_rejects_total{class=\"time\"} 0\n")
	assert.Regexp(t, `(?m)^mtok_call_stage_seconds_count\{stage="python"\} [1-9]`, text)
	if r, err := http.Get(url); !assert.Error(t, err, "it ends with the run") {
		_ = r.Body.Close()
	}
}

// An address that is taken ends the command before anything is made.
func TestBulkMetrics_taken(t *testing.T) {
	b := newBulkCorpus(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	cmd := exec.Command("mtok", "bulk", "run", b.corpus, "--out", filepath.Join(b.dir, "out"), "--metrics", l.Addr().String())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "MTOK_CACHE=" + cacheDir(t)}
	text, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, exitFailure, cmd.ProcessState.ExitCode())
	assert.Contains(t, string(text), "--metrics: ")
	assert.Contains(t, string(text), "give another address")
	assert.NoDirExists(t, filepath.Join(b.dir, "out"))
}
