package loadtest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func config(t *testing.T, commands ...Command) Config {
	t.Helper()
	return Config{
		Commands: commands, Rounds: 2, Time: 250 * time.Millisecond, Dir: t.TempDir(), Log: io.Discard,
		Large: 64 << 10, Huge: 1 << 20, Crowd: 64, Warm: 20 * time.Millisecond,
		Versions: map[string]map[string]string{ours: {"Python": "3.14"}},
	}
}

func TestCompare(t *testing.T) {
	cfg := config(t, testCommand(ours, "right", "mistral", "tokenize", "render"), testCommand(ours+", 2 workers", "workers", "tokenize"),
		testCommand("other", "right", "mistral"), testCommand("gone", "broken", "tokenize"))
	cfg.Add("absent", "", "--absent", nil)
	r, err := Compare(t.Context(), cfg)
	require.NoError(t, err)

	var rows []string
	for _, c := range r.sorted() {
		rows = append(rows, strings.Join([]string{c.Route, c.Server}, " "))
		assert.Positive(t, c.Statuses[200])
		assert.Zero(t, c.Bad, c.Problem)
	}
	// By connections and path, the other server first; one route at 64 connections less.
	assert.Equal(t, []string{
		"tokenize mtok serve", "tokenize mtok serve, 2 workers", "render mtok serve", "mistral other", "mistral mtok serve",
		"tokenize mtok serve", "tokenize mtok serve, 2 workers", "mistral other", "mistral mtok serve",
	}, rows)
	assert.Len(t, r.Beside, 3*4)
	large := 0 // in one of them, on a busy machine, none may be done in time
	for _, c := range r.Beside {
		large += c.BesideN
	}
	assert.Positive(t, large)
	assert.Len(t, r.Overload, 2)
	require.Len(t, r.Kill, 1)
	assert.Equal(t, kills, r.Kill[0].Kills)
	assert.Zero(t, r.Kill[0].Lost)
	assert.Zero(t, r.Bad())
	assert.Equal(t, NotRun{"absent", "no Python was given for it (--absent)"}, r.NotRun[0])
	assert.Equal(t, "gone", r.NotRun[1].Server)
	assert.Contains(t, r.NotRun[1].Why, "exit status 1; its log: there is no tokenizer")

	var page bytes.Buffer
	require.NoError(t, r.WriteMarkdown(&page, "make load"))
	assert.Contains(t, page.String(), "**Not run: gone**: it ended: exit status 1")
	assert.Regexp(t, `\| 8 \| .+/v1/tokenize/.+ \| mtok serve \| \d+ \| \*\*[\d.]+\*\* \|`, page.String())
	assert.NotContains(t, page.String(), "bad**:")

	require.Eventually(t, func() bool { return len(left(t)) == 0 }, 2*time.Minute, 10*time.Millisecond, "what was started has ended")
}

// left are the servers of this test that still run.
func left(t *testing.T) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range all {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, append([]byte(startedBy), 0)) {
			found = append(found, path)
		}
	}
	return found
}

func TestFreePorts(t *testing.T) {
	ports, err := freePorts(100)
	require.NoError(t, err)
	slices.Sort(ports)
	assert.Len(t, slices.Compact(ports), 100)
}

func TestStart_portTaken(t *testing.T) {
	ports, err := freePorts(1)
	require.NoError(t, err)
	first, err := Start(t.Context(), testCommand("first", "right"), ports[0], t.TempDir(), time.Minute)
	require.NoError(t, err)
	defer first.Stop()
	_, err = Start(t.Context(), testCommand("second", "right"), ports[0], t.TempDir(), time.Minute)
	require.EqualError(t, err, "port "+ports[0]+" is taken", "although the first would answer in its place")
}

func TestCompare_disagreement(t *testing.T) {
	liar, apart := testCommand("liar", "other", "mistral"), testCommand("apart", "apart", "render")
	apart.Apart = true
	r, err := Compare(t.Context(), config(t, testCommand(ours, "right", "mistral", "render"), apart, liar))
	require.NoError(t, err)
	assert.Equal(t, []Differs{
		{"apart", "render", small, 4, 3, true, ""}, {"liar", "mistral", small, 4, 3, false, ""},
		{"apart", "render", 64 << 10, 4, 3, true, ""}, {"liar", "mistral", 64 << 10, 4, 3, false, ""},
		{"apart", "render", 1 << 20, 0, 3, true, "413 too large\n"}, {"liar", "mistral", 1 << 20, 4, 3, false, ""},
	}, r.Differs)
	assert.Equal(t, 3, r.Bad(), "those of the one that should agree")
	assert.Empty(t, r.NotRun)
	measured := map[string]int{}
	for _, c := range slices.Concat(r.Plain, r.Beside) {
		assert.Zero(t, c.Bad, "%s: %s", c.Server, c.Problem)
		measured[c.Server]++
	}
	assert.Equal(t, map[string]int{ours: 3 + 4, "apart": 1 + 2, "liar": 2 + 4}, measured)

	var page bytes.Buffer
	require.NoError(t, r.WriteMarkdown(&page, "make load"))
	assert.Contains(t, page.String(), "are the same from all but these:\n\n| server")
	assert.Contains(t, page.String(), "| **apart** | `/v1/chat/completions/render` | 1 KB | 4 | 3 |\n")
	assert.Contains(t, page.String(), "| **apart** | `/v1/chat/completions/render` | 1 MB | none: 413 too large  | 3 |\n")
	assert.Regexp(t, `(?m)^\| 8 \| .+render.+ \| apart, \*\*other tokens\*\* \| \d+ \|  \|`, page.String())
	assert.Regexp(t, `(?m)^\| 8 \| .+render.+ \| mtok serve \| \d+ \|  \|`, page.String(), "no ratio to other tokens")
	require.Eventually(t, func() bool { return len(left(t)) == 0 }, 2*time.Minute, 10*time.Millisecond, "what was started has ended")
}

func TestCompare_noAnswer(t *testing.T) {
	_, err := Compare(t.Context(), config(t, testCommand(ours, "right", "tokenize"), testCommand("picky", "small", "tokenize")))
	require.EqualError(t, err, "picky /tokenize does not answer 1048576 bytes: 413 too large\n")
}
