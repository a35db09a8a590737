//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The busy loops are this program again, as they are stress itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == busyArg {
		busy()
	}
	os.Exit(m.Run())
}

func TestFirstFailure(t *testing.T) {
	exit := errors.New("exit status 2")
	for output, want := range map[string]string{
		"--- FAIL: TestA (0.1s)\n    a_test.go:1: no\n--- FAIL: TestB (0s)\nFAIL\n":                                   "TestA",
		"--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/x (0s)\n        --- FAIL: TestA/x/y (0s)\n    --- FAIL: TestA/z": "TestA/x/y",
		"panic: test timed out after 1s\n\trunning tests:\n\t\tTestC/d (1s)\n\ngoroutine 1":                           "TestC/d hangs",
		"==================\nWARNING: DATA RACE\nRead at":                                                             "WARNING: DATA RACE",
		"ok\npanic: boom [recovered]\n":                                                                               "panic: boom [recovered]",
		"goleak: Errors on successful test run: found":                                                                "goleak: Errors on successful test run: found",
		"open: no python\n": "exit status 2",
	} {
		assert.Equal(t, want, firstFailure(output, exit))
	}
}

func TestTable(t *testing.T) {
	var tb table
	tb.add("a", 1, verdict{took: time.Second})
	tb.add("a", 1, verdict{failure: "TestX", log: "x.log", took: 2 * time.Second})
	tb.add("a", 1, verdict{failure: "TestY", log: "y.log"})
	tb.add("a", 2, verdict{took: 3 * time.Second})
	var out bytes.Buffer
	tb.write(&out)
	assert.Equal(t, []string{
		"tests  processors  passed  failed  slowest  first failure  log",
		"a      1           1       2       2s       TestX          x.log",
		"a      2           1       0       3s",
	}, lines(out.String()))
}

func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// compiled compiles the two suites of testdata: one passes, one fails.
func compiled(t *testing.T) (settings, []suite) {
	t.Helper()
	s := settings{runs: 1, loops: 2, limit: time.Minute, dir: t.TempDir()}
	suites, err := compile(t.Context(), s, []string{"./testdata/good", "./testdata/bad"})
	require.NoError(t, err)
	require.Len(t, suites, 2)
	return s, suites
}

func TestRun(t *testing.T) {
	s, suites := compiled(t)
	all, err := processors()
	require.NoError(t, err)
	good, err := run(t.Context(), s, suites[0], all[:1], 1)
	require.NoError(t, err)
	assert.Empty(t, good.failure)
	assert.NoFileExists(t, good.log)
	bad, err := run(t.Context(), s, suites[1], all, 1)
	require.NoError(t, err)
	assert.Equal(t, "TestBad/inside", bad.failure)
	text, err := os.ReadFile(bad.log)
	require.NoError(t, err)
	assert.Contains(t, string(text), "runs on "+strconv.Itoa(len(all)))
	nothingLeft(t, s)
}

// A package has all its runs on one processor and on all before the next one begins, and no run begins behind the limit.
func TestRunAll_order(t *testing.T) {
	s, suites := compiled(t)
	all, err := processors()
	require.NoError(t, err)
	s.runs, s.processors = 2, all[:1]
	var tb table
	whole, err := runAll(t.Context(), s, suites, &tb)
	require.NoError(t, err)
	assert.True(t, whole)
	require.Len(t, tb.rows, 2)
	assert.Equal(t, []int{2, 0, 0, 2}, []int{tb.rows[0].passed, tb.rows[0].failed, tb.rows[1].passed, tb.rows[1].failed})
	s.most = 1
	whole, err = runAll(t.Context(), s, suites, &tb)
	require.NoError(t, err)
	assert.False(t, whole)
	assert.Equal(t, 4, tb.runs)
}

func TestLimits(t *testing.T) {
	assert.Equal(t, []string{"-test.short"}, limits(settings{}, "example.org/m/async"))
	assert.Equal(t, []string{"-test.short", "-test.skip=" + timeless["/bridge"]}, limits(settings{}, "example.org/m/bridge"))
	assert.Empty(t, limits(settings{all: true}, "example.org/m/bridge"))
}

// However a run ends, nothing of it keeps running.
func TestRun_cutShort(t *testing.T) {
	s, suites := compiled(t)
	t.Setenv("STRESS_TEST_HANGS", filepath.Join(s.dir, "hangs"))
	all, err := processors()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(s.dir, "hangs")); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	v, err := run(ctx, s, suites[0], all[:1], 1)
	require.NoError(t, err)
	assert.Equal(t, "cut short", v.failure)
	nothingLeft(t, s)
}

// nothingLeft sees that no busy loop is left, and no test of the runs, whose programs lie in the directory.
func nothingLeft(t *testing.T, s settings) {
	t.Helper()
	assert.Eventually(t, func() bool {
		left, err := filepath.Glob("/proc/[0-9]*")
		require.NoError(t, err)
		for _, dir := range left {
			status, _ := os.ReadFile(filepath.Join(dir, "status"))
			line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			ours := strings.Contains(string(status), "PPid:\t"+strconv.Itoa(os.Getpid())+"\n")
			if ours && strings.HasSuffix(string(line), "\x00"+busyArg+"\x00") || strings.Contains(string(line), s.dir) {
				return false
			}
		}
		return true
	}, 2*time.Minute, 10*time.Millisecond)
}
