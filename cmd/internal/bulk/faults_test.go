package bulk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

var anyRejects = Limit{None: true}

// Two runs in one place at once: both end well, and the output is that of one.
func TestRun_twoAtOnce(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, file, out := whole(t, p), saved(t, p), t.TempDir()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			_, stderr, state := child{Dir: out, Plan: file, Parallel: 2}.start(t)
			assert.True(t, state.Success(), stderr)
		})
	}
	assert.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
	group.Wait()
	assert.Equal(t, want, tree(t, out))
}

// A run that begins beside another makes what the other has not, and the other skips that.
func TestRun_sharedWork(t *testing.T) {
	p := made(t, corpus(), plan.Options{ShardBytes: 50})
	require.Greater(t, len(p.Shards), 10)
	want, out := whole(t, p), t.TempDir()
	begun, release := make(chan struct{}), make(chan struct{})
	var points []string // of the first; it makes one shard at a time
	first := make(chan error)
	go func() {
		first <- runIn(t.Context(), out, p, Config{Parallel: 1, Limit: anyRejects, At: func(point string) {
			if strings.HasPrefix(point, "begin") {
				if points = append(points, point); len(points) == 1 {
					close(begun)
					<-release
				}
			}
		}})
	}()
	<-begun
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: anyRejects}))
	close(release)
	require.NoError(t, <-first)
	assert.Equal(t, []string{"begin 0"}, points)
	assert.Equal(t, want, tree(t, out))
}

// Two that plan at once: one plan wins; a run with the same plan continues, one with another fails.
func TestPlan_twoAtOnce(t *testing.T) {
	root := t.TempDir()
	p := made(t, corpus(), plan.Options{})
	other := *p
	other.Options.EOS = true
	var won atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			dir, err := store.OpenDir(root, nil)
			if !assert.NoError(t, err) {
				return
			}
			defer dir.Close()
			mine := []*plan.Plan{p, &other}[i%2]
			err = Begin(dir, mine)
			var different *plan.DifferentError
			if err == nil {
				won.Add(1)
			} else if assert.ErrorAs(t, err, &different) {
				assert.Contains(t, err.Error(), "eos was")
			}
		})
	}
	group.Wait()
	assert.Equal(t, int64(4), won.Load())
	assert.NoError(t, CheckPlace(at(t, root)))
	assert.Empty(t, tree(t, filepath.Join(root, "tmp")))
}

// When a file cannot be written to its end, nothing of it is there, and with room again the same
// bytes are made.
func TestRun_noSpace(t *testing.T) {
	p := made(t, map[string]string{"a.jsonl": strings.Repeat("{\"text\": \"a document of some length\"}\n", 200)}, plan.Options{ShardBytes: 4000})
	want, file, out := whole(t, p), saved(t, p), t.TempDir()
	_, stderr, state := child{Dir: out, Plan: file, Parallel: 2, FileSize: 4096}.start(t)
	require.Equal(t, 1, state.ExitCode())
	assert.Contains(t, stderr, "file too large")
	for name, text := range tree(t, out) {
		assert.Equal(t, want[name], text, name)
	}
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	assert.Equal(t, want, tree(t, out))
}

// An input that is cut off, or changes during the run, costs its shards alone; put back, the run
// is resumed.
func TestRun_failedInputs(t *testing.T) {
	files := corpus()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 30 {
		_, _ = w.Write([]byte("{\"text\": \"packed\"}\n"))
	}
	require.NoError(t, w.Close())
	files["c.jsonl.gz"] = packed.String()
	p := made(t, files, plan.Options{})
	want := whole(t, p)
	broken := map[string]func(path string) error{
		"cut":  func(path string) error { return os.Truncate(path, int64(packed.Len()/2)) },
		"gone": os.Remove,
		"packed otherwise": func(path string) error {
			return os.WriteFile(path, append([]byte("PK\x03\x04"), make([]byte, 500)...), 0o600)
		},
		"another": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("x"), packed.Len()), 0o600) },
	}
	for name, change := range broken {
		t.Run(name, func(t *testing.T) {
			out, path := t.TempDir(), p.Inputs[2].Path
			require.NoError(t, change(path))
			err := runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects})
			var incomplete *IncompleteError
			require.ErrorAs(t, err, &incomplete, name)
			assert.Contains(t, err.Error(), path)
			assert.Len(t, incomplete.Shards, 3)
			st, err := ReadStatus(at(t, out))
			require.NoError(t, err)
			assert.Equal(t, len(p.Shards)-3, st.Committed)
			require.NoError(t, os.WriteFile(path, packed.Bytes(), 0o600))
			require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
			assert.Equal(t, want, tree(t, out))
		})
	}
	out := t.TempDir()
	once := sync.OnceFunc(func() {
		f, err := os.OpenFile(p.Inputs[0].Path, os.O_APPEND|os.O_WRONLY, 0)
		assert.NoError(t, err)
		_, err = f.WriteString("{\"text\": \"more\"}\n")
		assert.NoError(t, errors.Join(err, f.Close()))
	})
	err := runIn(t.Context(), out, p, Config{Limit: anyRejects, Encode: func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		once() // it is under way
		return letters(ctx, texts)
	}})
	var changed *source.ChangedError
	require.ErrorAs(t, err, &changed)
	assert.NoFileExists(t, filepath.Join(out, ManifestName))
}

// A tokenizer that does not make the same each time is an alarm, not one of two outputs.
func TestRun_conflict(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	out, file := t.TempDir(), saved(t, p)
	points, _, _ := child{Dir: t.TempDir(), Plan: file, Parallel: 1}.start(t)
	kill := int64(0)
	for i, point := range points {
		if strings.HasPrefix(point, "linked_shards") {
			kill = int64(i + 1)
			break
		}
	}
	child{Dir: out, Plan: file, Parallel: 1, Kill: kill}.start(t)
	err := runIn(t.Context(), out, p, Config{Limit: anyRejects, Encode: func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		got, err := letters(ctx, texts)
		got[0].Value.IDs = append([]int32{7}, got[0].Value.IDs...)
		return got, err
	}})
	var conflict *store.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.FileExists(t, filepath.Join(out, conflict.Kept))
	assert.NoFileExists(t, filepath.Join(out, commitName(0)))
}

// What fails by chance is tried again; what ends its worker each time is a reject; what is the
// machine's fault ends the run, with nothing rejected.
func TestRun_whoseFault(t *testing.T) {
	died := func() error { return &bridge.WorkerError{Kind: bridge.ErrWorkerDied, Exit: -1} }
	texts := map[string]string{"a.jsonl": "{\"text\": \"once\"}\n{\"text\": \"always\"}\n{\"text\": \"slow\"}\n{\"text\": \"well\"}\n"}
	p := made(t, texts, plan.Options{})
	var seen sync.Map
	encode := func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
		out, err := letters(ctx, texts)
		for i, text := range texts {
			_, again := seen.LoadOrStore(text, true)
			switch {
			case text == "once" && !again, text == "always":
				out[i] = bridge.Answer[Encoded]{Err: &bridge.ItemError{Index: i, Err: died()}}
			case text == "slow":
				out[i] = bridge.Answer[Encoded]{Err: &bridge.ItemError{Index: i, Err: &bridge.WorkerError{Kind: bridge.ErrTimeLimit}}}
			}
		}
		return out, err
	}
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects, Encode: encode}))
	var got []string
	require.NoError(t, Rejects(at(t, out), func(r Reject) error {
		got = append(got, string(r.Class)+" "+string(r.Raw))
		return nil
	}))
	assert.Equal(t, []string{"worker {\"text\": \"always\"}\n", "time {\"text\": \"slow\"}\n"}, got)
	d, err := Document(at(t, out), 1)
	require.NoError(t, err)
	assert.Equal(t, []int32{'w', 'e', 'l', 'l'}, d.IDs)

	waits := 0
	e := &encoder{wait: func(context.Context, int) error { waits++; return nil }}
	for i, machine := range []error{
		&bridge.NoWorkerError{Err: os.ErrPermission}, &bridge.PyError{Module: "builtins", Type: "MemoryError", MRO: []string{"builtins.MemoryError", "builtins.Exception"}},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			waits = 0
			e.encode = func(_ context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
				return []bridge.Answer[Encoded]{{Err: &bridge.ItemError{Err: machine}}}, nil
			}
			_, err := e.all(t.Context(), []string{"a"})
			require.ErrorIs(t, err, machine)
			assert.Equal(t, machineTries, waits)
		})
	}
	waits = 0
	e.encode = func(context.Context, []string) ([]bridge.Answer[Encoded], error) { return nil, bridge.ErrOverloaded }
	_, err = e.all(t.Context(), []string{"a"})
	require.ErrorIs(t, err, bridge.ErrOverloaded)
	assert.Equal(t, machineTries-1, waits)
}

// A run that is interrupted leaves what is committed, and nothing else.
func TestRun_interrupted(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, out := whole(t, p), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	err := runIn(ctx, out, p, Config{Limit: anyRejects, At: func(point string) {
		if point == "begin 2" {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	for name, text := range tree(t, out) {
		assert.Equal(t, want[name], text, name)
	}
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	assert.Equal(t, want, tree(t, out))
}
