package bulk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// corpus is four shards, of which some have rejects.
func corpus() map[string]string {
	var a, b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&a, "{\"text\": \"document %d\"}\n", i)
	}
	fmt.Fprint(&a, "{\"text\": \"refused\"}\n\n{\"text\": \"\"}\nno json\n")
	fmt.Fprint(&b, "{\"text\": \"last\", \"id\": 1}")
	return map[string]string{"a.jsonl": a.String(), "b.jsonl": b.String()}
}

// whole is what a run makes that nobody disturbs.
func whole(t *testing.T, p *plan.Plan) map[string]string {
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: Limit{None: true}}))
	return tree(t, out)
}

func saved(t *testing.T, p *plan.Plan) string {
	file := filepath.Join(t.TempDir(), plan.Name)
	require.NoError(t, os.WriteFile(file, p.Encode(), 0o600))
	return file
}

// Killed at any point and resumed, by one worker or several, a run makes the same bytes,
// and nothing else is left.
func TestRun_killedAnywhere(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	require.Len(t, p.Shards, 4)
	want, file := whole(t, p), saved(t, p)
	points, stderr, _ := child{Dir: t.TempDir(), Plan: file, Parallel: 1}.start(t)
	require.Greater(t, len(points), 60, stderr)
	for kill := 1; kill <= len(points); kill++ {
		out := t.TempDir()
		parallel := 1 + kill%2*2
		passed, _, state := child{Dir: out, Plan: file, Parallel: parallel, Kill: int64(kill)}.start(t)
		require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), "%d", kill)
		for name, text := range tree(t, out) {
			if !strings.HasPrefix(name, "tmp") {
				assert.Equal(t, want[name], text, "%s is there before its time", name)
			}
		}
		require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 4 - parallel, Limit: Limit{None: true}}))
		require.Equal(t, want, tree(t, out), "killed behind %v", passed)
	}
}

// Killed again and again, a run comes to its end all the same.
func TestRun_killedRepeatedly(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, file := whole(t, p), saved(t, p)
	out := t.TempDir()
	for n := 1; ; n++ {
		require.Less(t, n, 50)
		if _, _, state := (child{Dir: out, Plan: file, Parallel: 2, Kill: 30}).start(t); state.Success() {
			break
		}
	}
	assert.Equal(t, want, tree(t, out))
}
