package bulk

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// childVariable makes this test program a run that is killed.
const childVariable = "TEST_BULK_CHILD"

// child is a run in a process of its own.
type child struct {
	Dir, Plan string // Plan is a file
	Parallel  int
	Kill      int64  // at which point of all it kills itself, from 1; 0 for none
	FileSize  uint64 // how large a file may become, 0 for any size
	// Of a retry: the run whose rejects are tried again.
	From    string
	Collect bool // gc, and no run
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		var c child
		err := json.Unmarshal([]byte(text), &c)
		if err == nil {
			err = c.run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run runs it, and reports the points that it passed.
func (c child) run() error {
	if c.FileSize > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: c.FileSize, Max: c.FileSize}); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(c.Plan)
	if err != nil {
		return err
	}
	p, err := plan.Decode(text)
	if err != nil {
		return err
	}
	var passed atomic.Int64
	at := func(point string) {
		if passed.Add(1) == c.Kill {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // not one step further
		}
		fmt.Println(point)
	}
	if c.Collect {
		dir, err := store.At(context.Background(), c.Dir)
		if err != nil {
			return err
		}
		_, err = CollectGarbage(GarbageConfig{Dir: dir, Remove: true, At: at})
		return err
	}
	config := Config{Parallel: c.Parallel, At: at, Limit: Limit{None: true}}
	if c.From != "" {
		if config.Earlier, err = earlierIn(c.From); err != nil {
			return err
		}
	}
	return runIn(context.Background(), c.Dir, p, config)
}

// earlierIn is a run whose rejects are tried again.
func earlierIn(root string) (*Earlier, error) {
	dir, err := store.At(context.Background(), root)
	if err != nil {
		return nil, err
	}
	p, err := ReadPlan(dir)
	return &Earlier{dir, p}, err
}

// runIn is what a command line does: the plan, and then the rest.
func runIn(ctx context.Context, root string, p *plan.Plan, c Config) error {
	dir, err := store.OpenDir(root, c.At)
	if err != nil {
		return err
	}
	defer dir.Close()
	if _, err := dir.Put(plan.Name, p.Encode()); err != nil {
		return err
	}
	if c.Encode == nil {
		c.Encode = letters
		if p.Options.Type.IsChat() {
			c.Encode = maskedLetters
		}
	}
	c.Dir, c.Plan = dir, p
	_, err = Run(ctx, c)
	return err
}

// start runs a child to its end, and returns the points that it passed and what it said.
func (c child) start(t *testing.T) (points []string, stderr string, state *os.ProcessState) {
	text, err := json.Marshal(c)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	var out, failed strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &failed
	_ = cmd.Run()
	return strings.Fields(strings.ReplaceAll(out.String(), " ", "_")), failed.String(), cmd.ProcessState
}

// letters stands in for a tokenizer: a letter is a token. It is quick to start in a process that
// is killed; the real one is in the tests of the command.
func letters(_ context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
	out := make([]bridge.Answer[Encoded], len(texts))
	for i, text := range texts {
		if strings.Contains(text, "refused") {
			out[i].Err = &bridge.ItemError{Index: i, Err: &bridge.PyError{Module: "builtins", Type: "ValueError", Message: "no such letter"}}
			continue
		}
		for _, c := range []byte(text) {
			out[i].Value.IDs = append(out[i].Value.IDs, int32(c))
		}
	}
	return out, nil
}

// maskedLetters are those of a chat's JSON, with a loss on the lower-case ones.
func maskedLetters(ctx context.Context, chats []string) ([]bridge.Answer[Encoded], error) {
	out, err := letters(ctx, chats)
	for i, a := range out {
		for _, id := range a.Value.IDs {
			bit := byte(0)
			if id >= 'a' && id <= 'z' {
				bit = 1
			}
			out[i].Value.Loss = append(out[i].Value.Loss, bit)
		}
	}
	return out, err
}

// tree is everything below a directory but temporary files.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		text, err := os.ReadFile(path)
		all[name] = string(text)
		return err
	}))
	return all
}

// made makes a plan of files, as the command does.
func made(t *testing.T, files map[string]string, o plan.Options) *plan.Plan {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for name, text := range files {
		names = append(names, filepath.Join(dir, name))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	slices.Sort(names)
	return planned(t, names, o)
}

func planned(t *testing.T, names []string, o plan.Options) *plan.Plan {
	t.Helper()
	if o.ShardBytes == 0 {
		o.ShardBytes = 200
	}
	if o.MaxRecord == 0 {
		o.MaxRecord = 1 << 20
	}
	if o.Records == "" {
		o.Records, o.Field = plan.JSONL, "text"
	}
	if o.Output == "" {
		o.Output = Megatron
	}
	column := ""
	if o.Records == plan.Rows {
		column = o.Field
	}
	inputs, groups, err := plan.Examine(t.Context(), names, column, nil, 1, nil)
	require.NoError(t, err)
	return &plan.Plan{Format: plan.Format, Options: o, Tokenizer: plan.Tokenizer{Source: "letters", Words: 256}, MadeBy: map[string]string{},
		Inputs: inputs, Shards: plan.Divide(inputs, groups, o.ShardBytes)}
}

// at is a run that is only looked at.
func at(t testing.TB, root string) store.Store {
	dir, err := store.At(t.Context(), root)
	require.NoError(t, err)
	return dir
}
