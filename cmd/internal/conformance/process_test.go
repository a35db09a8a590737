package conformance

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// hang is longer than anything takes on the slowest machine: what has not come by then never will.
const hang = 2 * time.Minute

func ask(t *testing.T, c Command, text string) error {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
	i, err := Start(t.Context(), c, bytewise{})
	require.NoError(t, err)
	defer i.Close()
	_, bad := i.Ask(t.Context(), "v3", Question{Op: Encode, Text: text})
	// Whatever it did, the next question is answered, by a new process if need be.
	i.command.Timeout = hang
	a, err := i.Ask(t.Context(), "v3", Question{Op: Encode, Text: "ok"})
	require.NoError(t, err)
	assert.Equal(t, []int32{'o', 'k'}, a.IDs)
	return bad
}

func TestImplementation_Ask(t *testing.T) {
	require.NoError(t, ask(t, self("good"), "x"))
	i, err := Start(t.Context(), self("good"), bytewise{})
	require.NoError(t, err)
	defer i.Close()
	assert.Equal(t, Info{Name: "bytes", Version: "good", Supports: []Op{Encode, Decode, Chat, Count}, Tokenizers: []string{"v2", "v3"}, Load: "path"}, i.Info)
	for n, q := range []Question{
		{Op: Encode, Text: "<é>\u2028"}, {Op: Decode, IDs: []int32{'a', 'b'}}, {Op: Decode}, {Op: Count, Text: "abc"}, {Op: Encode},
		{Op: Chat, Request: []byte(`{"content":1.50}`)}, {Op: Count, Request: []byte(`{"content":"<s>"}`)}, {Op: Chat, Request: []byte(`{}`)},
	} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			want, _ := bytewise{}.Ask(t.Context(), "v3", q)
			got, err := i.Ask(t.Context(), "v3", q)
			require.NoError(t, err)
			if want.Refused != "" {
				want.Refused = "Refused: " + want.Refused
			}
			assert.Equal(t, want, got)
		})
	}
	_, err = i.Ask(t.Context(), "v1", Question{Op: Encode})
	require.EqualError(t, err, "no file", "what the reference lacks ends the run")
}

func TestFaultError(t *testing.T) {
	for mode, want := range map[string]FaultError{
		"hang":     {Timeout, "no answer in 300ms"},
		"crash":    {Crash, "it ended: exit status 139; stderr: segmentation / fault"},
		"garbage":  {Garbage, `invalid character 'L' looking for beginning of value: "Loading model\u2026\n"`},
		"other-id": {Garbage, `the answer to request 3 has the id "\"7\""`},
		"flood":    {Garbage, "a line of more than 100000 bytes"},
		"shape":    {Garbage, `the answer to raw is "{\"tokens\": \"many\"}"`},
		"neither":  {Garbage, `an answer without ok and err: "{\"id\": 3}\n"`},
	} {
		t.Run(mode, func(t *testing.T) {
			c := self(mode)
			c.MaxLine, c.Timeout = 100_000, hang
			if mode == "hang" {
				c.Timeout = 300 * time.Millisecond
			}
			var f *FaultError
			require.ErrorAs(t, ask(t, c, "x"), &f)
			assert.Equal(t, want, *f)
		})
	}
}

func TestStart_errors(t *testing.T) {
	for line, text := range map[string]string{
		"exit 3":                               "it ended: exit status 3",
		"exec >&-; sleep 1; exit 4":            "it ended: exit status 4",
		"/nonexistent/program":                 "exit status 127; stderr: ",
		"cat":                                  "an answer without ok and err",
		"read x; echo '{\"id\":1,\"ok\":[]}'":  "info is ",
		"read x; echo '{\"id\":1,\"err\":{}}'": "info is refused",
	} {
		_, err := Start(t.Context(), Command{Line: line, Start: hang}, bytewise{})
		require.ErrorContains(t, err, text, line)
		require.NotNil(t, asFault(err), line)
	}
}

func TestImplementation_Ask_context(t *testing.T) {
	i, err := Start(t.Context(), self("hang"), bytewise{})
	require.NoError(t, err)
	defer i.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = i.Ask(ctx, "v3", Question{Op: Encode, Text: "x"})
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, asFault(err))
}

// What the program started goes with it.
func TestImplementation_Close_group(t *testing.T) {
	i, err := Start(t.Context(), Command{Line: `sleep 1000 & read x; echo '{"id":1,"ok":{}}'; wait`}, bytewise{})
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() { i.Close(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(hang):
		t.Fatal("it still runs")
	}
}

func run(t *testing.T, mode string, cfg Config, categories ...corpus.Category) *Entry {
	t.Helper()
	c := self(mode)
	c.Timeout = hang
	c.MaxLine = 100_000
	cfg.Categories = categories
	entries, err := Run(t.Context(), bytewise{}, []Subject{{Command: c, Judged: true}}, cfg)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return entries[0]
}

func TestRun_good(t *testing.T) {
	e := run(t, "good", Config{Tokenizers: []string{"v3", "v1"}}, corpus.Numbers, corpus.Errors)
	assert.Equal(t, "bytes good", e.Title())
	require.Len(t, e.Tokenizers, 1, "v1 is none of its own")
	r := e.Tokenizers[0]
	assert.Len(t, r.Cells, 5)
	assert.Empty(t, r.Failures)
	assert.Equal(t, "100 %", percent(e.Score))
	assert.Positive(t, r.Speed)
	assert.True(t, (&Report{Entries: []*Entry{e}}).Pass(1))
}

func TestRun_crash(t *testing.T) {
	e := run(t, "crash", Config{Tokenizers: []string{"v3"}}, corpus.Code)
	r := e.Tokenizers[0]
	require.Len(t, r.Failures, 1)
	f := r.Failures[0]
	assert.Equal(t, "x", f.Input, "the smallest input that crashes it")
	assert.Equal(t, Crash, f.Kind)
	assert.Equal(t, maxFaults, f.Count)
	assert.Equal(t, "given up after 8 faults", r.Note)
	assert.Less(t, e.Score.Passed, e.Score.Total)
	assert.Equal(t, 3*e.Tokenizers[0].Cells[0].Total, e.Score.Total, "what was not asked counts")
	assert.False(t, (&Report{Entries: []*Entry{e}}).Pass(0.99))
}

func TestRun_refusesFile(t *testing.T) {
	e := run(t, "refuses", Config{}, corpus.Numbers)
	require.Len(t, e.Tokenizers, 2)
	for _, r := range e.Tokenizers {
		assert.Equal(t, "it does not load: Unsupported: normalizer /files/"+r.Name, r.Note)
		assert.Zero(t, r.Score.Passed)
		assert.Positive(t, r.Score.Total)
		assert.Empty(t, r.Failures)
	}
}

func TestRun_endsAtOnce(t *testing.T) {
	e := run(t, "exit", Config{}, corpus.Numbers)
	assert.True(t, strings.HasPrefix(e.Note, "it does not start: crash: it ended: exit status 3; stderr: no such"), e.Note)
	assert.False(t, (&Report{Entries: []*Entry{e}}).Pass(0), "nothing was checked")
}
