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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
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
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "mtok: metrics at ")
	require.True(t, ok, line)
	for line != "held\n" {
		line, err = lines.ReadString('\n')
		require.NoError(t, err, line)
	}
	text := scrape(t, url)
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

func scrape(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, r.StatusCode)
	return string(text)
}

// Who asks before it is known what there is to do has an answer: nothing is done.
func TestBulkMetrics_early(t *testing.T) {
	var said strings.Builder
	f := &metricsFlags{addr: "127.0.0.1:0"}
	stop, err := f.serve(t.Context(), streams{err: &said})
	require.NoError(t, err)
	defer stop()
	url := strings.TrimSpace(strings.TrimPrefix(said.String(), "mtok: metrics at "))
	text := scrape(t, url)
	for _, want := range []string{"mtok_bulk_planned_bytes 0\n", "mtok_bulk_shards{state=\"waiting\"} 0\n", "mtok_bulk_rejects_total{class=\"json\"} 0\n"} {
		assert.Contains(t, text, want)
	}
	p := &plan.Plan{Inputs: []source.File{{Path: "a", Bytes: 7}}}
	p.Shards = plan.Divide(p.Inputs, nil, 100)
	f.progress.Store(bulk.NewProgress(p, bulk.Part{}))
	text = scrape(t, url)
	assert.Contains(t, text, "mtok_bulk_planned_bytes 7\n")
	assert.Contains(t, text, "mtok_bulk_shards{state=\"waiting\"} 1\n")
}

// An address that is taken ends the command before anything is read or made: the corpus is not there.
func TestBulkMetrics_taken(t *testing.T) {
	b := newBulkCorpus(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	cmd := exec.Command("mtok", "bulk", "run", b.corpus+".not", "--out", filepath.Join(b.dir, "out"), "--metrics", l.Addr().String())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "MTOK_CACHE=" + cacheDir(t)}
	text, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, exitFailure, cmd.ProcessState.ExitCode())
	assert.Contains(t, string(text), "--metrics: ")
	assert.Contains(t, string(text), "give another address")
	assert.NoDirExists(t, filepath.Join(b.dir, "out"))
}
