package bridge_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// shippedNames are the tokenizers that mistral_common carries.
var shippedNames = []string{"v1", "v2", "v3", "v3-tekken", "v3-tekken-mm", "v7", "v7-mm"}

// shared is the one Runtime of this process; rt(t) gives it.
var shared *bridge.Runtime

// keptDir is a directory for the files of what stays loaded.
var keptDir string

// TestMain runs either a child (see process_test.go) or the tests, which share
// one interpreter as the goroutines of a program do.
func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(runChild(name))
	}
	rt, err := bridge.Open(context.Background(), append(options(), bridge.WithTestOps())...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	shared = rt
	drawLess()
	if keptDir, err = os.MkdirTemp("", "kept-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(keptDir)
	if err := rt.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	if err := leaked(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// drawLess has the laws, which are about texts and not about threads, draw fewer of them under the
// race detector; test-pool and fuzz draw all.
func drawLess() {
	flag.Parse()
	given := !raceEnabled
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "25")
	}
}

// leaked reports goroutines that do not end, however seldom they have the processor.
func leaked() (err error) {
	for until := time.Now().Add(5 * time.Minute); time.Now().Before(until); {
		if err = goleak.Find(goleak.IgnoreAnyFunction("github.com/mistralbridge/mistralbridge/bridge/internal/executor.(*Executor).thread")); err == nil {
			return nil
		}
	}
	return err
}

// options are what a user on a machine without Python writes.
func options() []bridge.Option {
	opts := []bridge.Option{bridge.WithDistribution(bundled.Python())}
	if n := testWorkers(); n > 0 {
		opts = append(opts, bridge.WithWorkers(n))
	}
	return opts
}

// backendVariable makes the tests run on worker processes: "pool" on one of them, which
// runs calls in their order as the embedded interpreter does, "pool:2" on two.
const backendVariable = "MTOK_TEST_BACKEND"

func testWorkers() int {
	value, ok := strings.CutPrefix(os.Getenv(backendVariable), "pool")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimPrefix(value, ":"))
	if err != nil {
		return 1
	}
	return n
}

// rt is the shared Runtime; the test must leave it as it was.
func rt(t testing.TB) *bridge.Runtime {
	t.Helper()
	keep(t, "v3") // nextCallWorks needs it
	assertBalanced(t)
	return shared
}

// sizes are what pyshim holds.
type sizes struct{ Handles, Objects int }

func held(t testing.TB) (s sizes) {
	t.Helper()
	body, err := shared.Send(context.Background(), wire.OpStats, wire.NoArg, "")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	return s
}

// assertBalanced checks, when the test has ended, that every reference, handle
// and call that it took has been given back.
func assertBalanced(t testing.TB) {
	t.Helper()
	before, keptBefore := held(t), keeping.Load()
	t.Cleanup(func() {
		kept := int(keeping.Load() - keptBefore)
		base := sizes{before.Handles + kept, before.Objects + kept}
		var s bridge.Stats
		// What a cancelled call left running may still be under way. A test that has failed may hold what it never
		// gives back: that is said soon.
		limit := guard
		if t.Failed() {
			limit = 2 * time.Second
		}
		for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			s = shared.Stats()
			if s.Depth == 0 && s.Running == 0 && held(t) == base {
				break
			}
		}
		require.Equal(t, base, held(t), "handles and objects in Python")
		s = shared.Stats()
		require.Equal(t, s.RefsTaken, s.RefsReleased, "references")
		require.LessOrEqual(t, s.BuffersAllocated-s.BuffersFreed, uint64(4), "buffers")
		require.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled, "calls")
	})
}

// load loads a tokenizer for the length of the test.
func load(t testing.TB, r *bridge.Runtime, src bridge.Source, opts ...bridge.LoadOption) *bridge.Tokenizer {
	t.Helper()
	tok, err := r.Load(t.Context(), src, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tok.Close(context.Background())) })
	return tok
}

// keeping is how many tokenizers stay loaded, whichever test was the first to want them.
var keeping atomic.Int64

// keepLoaded keeps an object in memory for all tests that want it: loading a
// tekken takes seconds under -race.
var keepLoaded = struct {
	sync.Mutex
	toks map[string]*bridge.Tokenizer
}{toks: map[string]*bridge.Tokenizer{}}

// shipped is a shipped tokenizer that stays loaded.
func shipped(t testing.TB, name string) *bridge.Tokenizer {
	t.Helper()
	tok := keep(t, name)
	assertBalanced(t)
	return tok
}

func keep(t testing.TB, name string) *bridge.Tokenizer {
	t.Helper()
	keepLoaded.Lock()
	defer keepLoaded.Unlock()
	tok := keepLoaded.toks[name]
	if tok == nil {
		var err error
		tok, err = shared.Load(context.Background(), bridge.Shipped(name))
		require.NoError(t, err)
		keepLoaded.toks[name] = tok
		keeping.Add(1)
	}
	return tok
}

func user(text string) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(text)}}}
}

func ptr[T any](v T) *T { return &v }

// pyError asserts that err is a Python exception of that class.
func pyError(t testing.TB, err error, class string) *bridge.PyError {
	t.Helper()
	var pe *bridge.PyError
	require.ErrorAs(t, err, &pe)
	require.Equal(t, class, pe.Module+"."+pe.Type, pe.Str)
	require.NotEmpty(t, pe.Traceback)
	require.True(t, pe.IsA(class))
	return pe
}

// rss is the resident memory of this process in bytes, when all calls are over and the
// runtime has given back what it does not need.
func rss(t testing.TB) int64 {
	t.Helper()
	require.Eventually(t, func() bool { s := shared.Stats(); return s.Depth == 0 && s.Running == 0 }, 5*time.Minute, time.Millisecond)
	runtime.GC() // twice, and the pools are empty
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var total, resident int64
	_, err = fmt.Sscan(string(b), &total, &resident)
	require.NoError(t, err)
	return resident * int64(os.Getpagesize())
}
