package pyenv_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// smallLock is enough to see pip work without fetching hundreds of megabytes.
const smallLock = `# a comment
typing-extensions==4.16.0 \
    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \
    --hash=sha256:dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5
    # via something
colorama==0.4.6 ; sys_platform == 'win32' \
    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6
`

// shared is a cache in which the interpreter is unpacked already; unpacking costs
// more than everything else these tests do.
var shared string

func TestMain(m *testing.M) {
	if os.Getenv("PYENV_TEST_HELPER") != "" {
		os.Exit(helper())
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pyenv-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared = filepath.Join(dir, "cache")
	// What the developer has exported must not decide the tests.
	for _, name := range []string{"MTOK_PYTHON", "MTOK_BUNDLE", "MTOK_CACHE", "MTOK_OFFLINE", "VIRTUAL_ENV"} {
		_ = os.Unsetenv(name)
	}
	whole := smallOptions(shared)
	whole.Distribution = bundled.Python()
	if _, err := pyenv.Setup(context.Background(), whole); err != nil {
		fmt.Fprintln(os.Stderr, "set up the shared environment:", err)
		return 1
	}
	if err := unpackSharedPip(); err != nil {
		fmt.Fprintln(os.Stderr, "unpack pip:", err)
		return 1
	}
	return m.Run()
}

// helper is what this test binary does when a test runs it as another process.
func helper() int {
	if most := os.Getenv("PYENV_TEST_FILES"); most != "" {
		if err := limitFiles(most); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	shared = os.Getenv("PYENV_TEST_SHARED")
	o := smallOptions(os.Getenv("PYENV_TEST_CACHE"))
	if lock := os.Getenv("PYENV_TEST_LOCK"); lock != "" {
		o.Requirements = []byte(lock)
	}
	o.Name = os.Getenv("PYENV_TEST_HELPER")
	o.Progress = func(e pyenv.Event) { fmt.Println("event", e.Stage, e.Text) }
	env, err := pyenv.Setup(context.Background(), o)
	if err != nil {
		fmt.Printf("error %T %v\n", err, err)
		return 1
	}
	fmt.Println("ready", env.Dir)
	return 0
}

func smallOptions(cache string) pyenv.Options {
	return pyenv.Options{Distribution: sharing{bundled.Python()}, Requirements: []byte(smallLock), CacheDir: cache}
}

// ownCache gives a cache of its own to a test, with the interpreter of the shared
// one behind a link to save unpacking it again.
func ownCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "python"), 0o700))
	key := bundled.Python().Key()
	require.NoError(t, os.Symlink(filepath.Join(shared, "python", key), filepath.Join(dir, "python", key)))
	return dir
}

// builtCache is an own cache with a copy of the shared environment, for tests of what
// becomes of one: building it takes several times as long.
func builtCache(t *testing.T) string {
	t.Helper()
	cache := ownCache(t)
	copyCache(t, filepath.Join(shared, "envs"), filepath.Join(cache, "envs"))
	return cache
}

// sharing is the bundled interpreter with the pip that is unpacked and compiled already, where
// there is one: to do both for each installation costs more than the installation.
type sharing struct{ bundled.Distribution }

func (s sharing) UnpackPip(ctx context.Context, dir string) error {
	if _, err := os.Stat(sharedPip()); err != nil {
		return s.Distribution.UnpackPip(ctx, dir)
	}
	return os.Symlink(sharedPip(), dir)
}

func sharedPip() string { return filepath.Join(filepath.Dir(shared), "pip") }

func unpackSharedPip() error {
	fresh := sharedPip() + ".new"
	if err := bundled.Python().UnpackPip(context.Background(), fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, sharedPip()); err != nil {
		return err
	}
	out, err := exec.Command(bundledPython(), "-I", filepath.Join(sharedPip(), "pip"), "install", "--help").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// copied is the bundled interpreter without the decompression, which is slow under
// the race detector.
type copied struct{ bundled.Distribution }

func (c copied) Unpack(_ context.Context, dir string) error {
	from := filepath.Join(shared, "python", c.Key())
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		return err
	}
	return os.Remove(filepath.Join(dir, ".manifest.json"))
}

// environ is the environment of this process with changes; "NAME=" empties one.
func environ(changes ...string) []string {
	return append(os.Environ(), changes...)
}

// bare is what `env -i` leaves, plus changes.
func bare(changes ...string) []string { return append([]string{}, changes...) }

// script writes a program that stands in for a Python.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python3")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	return path
}

func temporaries(t *testing.T, cache string) []string {
	t.Helper()
	var found []string
	for _, sub := range []string{"envs", "python"} {
		entries, err := os.ReadDir(filepath.Join(cache, sub))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".tmp-") {
				found = append(found, filepath.Join(sub, e.Name()))
			}
		}
	}
	return found
}
