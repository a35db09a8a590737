package pyenv_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

func bundledPython() string {
	return filepath.Join(shared, "python", bundled.Python().Key(), "bin", "python3")
}

func TestProbe_bundled(t *testing.T) {
	interp, err := pyenv.Probe(t.Context(), bundledPython())
	require.NoError(t, err)
	root := filepath.Join(shared, "python", bundled.Python().Key())
	assert.Equal(t, bundled.Python().Version(), interp.Version)
	assert.Equal(t, "cpython", interp.Implementation)
	assert.Equal(t, root, interp.Prefix)
	assert.Equal(t, root, interp.BasePrefix)
	// It says that it lives where it was compiled; it does not.
	assert.NoDirExists(t, interp.LibDir)
	assert.Equal(t, filepath.Join(root, "lib", "libpython3.14.so.1.0"), interp.Library)
	assert.NotEmpty(t, interp.Missing())
}

func TestProbe_directory(t *testing.T) {
	env, err := pyenv.Setup(t.Context(), smallOptions(shared))
	require.NoError(t, err)
	interp, err := pyenv.Probe(t.Context(), env.Dir)
	require.NoError(t, err)
	assert.Equal(t, env.Interpreter, interp)
}

func TestProbe_pythonVariables(t *testing.T) {
	t.Setenv("PYTHONHOME", t.TempDir())
	t.Setenv("PYTHONPATH", t.TempDir())
	_, err := pyenv.Probe(t.Context(), bundledPython())
	require.NoError(t, err)
}

// answer is a stand-in for a Python with a given answer to the probe.
func answer(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	real, err := pyenv.Probe(t.Context(), bundledPython())
	require.NoError(t, err)
	data, err := json.Marshal(real)
	require.NoError(t, err)
	fields := map[string]any{}
	require.NoError(t, json.Unmarshal(data, &fields))
	change(fields)
	data, err = json.Marshal(fields)
	require.NoError(t, err)
	return script(t, "cat <<'END'\nsite says hello\npyenv-probe:"+string(data)+"\nEND")
}

func TestProbe_refusals(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "python3")
	plain := filepath.Join(t.TempDir(), "python3")
	require.NoError(t, os.WriteFile(plain, []byte("text"), 0o600))
	noProgram := filepath.Join(t.TempDir(), "python3")
	require.NoError(t, os.WriteFile(noProgram, []byte("text"), 0o700))
	empty := t.TempDir()
	static := func(prefix string) func(map[string]any) {
		return func(f map[string]any) {
			f["base_prefix"], f["base_executable"] = prefix, ""
			f["libdir"], f["instsoname"], f["ldlibrary"], f["enable_shared"] = empty, "libpython3.14.a", "libpython3.14.a", false
		}
	}
	for name, c := range map[string]struct {
		python string
		kind   error
		says   string
	}{
		"no such file":        {missing, pyenv.ErrPythonNotFound, missing},
		"no such name":        {"python3.999", pyenv.ErrPythonNotFound, "not on PATH"},
		"empty":               {"", pyenv.ErrPythonNotFound, "no path"},
		"below a file":        {plain + "/bin/python", pyenv.ErrPythonNotFound, plain},
		"empty directory":     {empty, pyenv.ErrPythonNotFound, empty},
		"no execute bit":      {plain, pyenv.ErrNotExecutable, "mode -rw"},
		"not a program":       {noProgram, pyenv.ErrNotExecutable, "exec format"},
		"garbage":             {script(t, "echo hello"), pyenv.ErrNotPython, "hello"},
		"broken answer":       {script(t, "echo; echo 'pyenv-probe:{'"), pyenv.ErrNotPython, "pyenv-probe"},
		"silent":              {script(t, ":"), pyenv.ErrNotPython, "answer"},
		"old option":          {script(t, "echo 'Unknown option: -I' >&2; exit 2"), pyenv.ErrPythonTooOld, "-I"},
		"exit status":         {script(t, "echo boom >&2; exit 3"), pyenv.ErrPythonCrashed, "boom"},
		"signal":              {script(t, "kill -ABRT $$"), pyenv.ErrPythonCrashed, "abort"},
		"another Python":      {answer(t, func(f map[string]any) { f["implementation"] = "pypy" }), pyenv.ErrNotCPython, "pypy"},
		"old Python":          {answer(t, func(f map[string]any) { f["version_info"], f["version"] = []int{3, 10, 13}, "3.10.13" }), pyenv.ErrPythonTooOld, "3.10.13"},
		"free-threaded":       {answer(t, func(f map[string]any) { f["gil_disabled"] = true }), pyenv.ErrFreeThreaded, "ordinary build"},
		"static pyenv build":  {answer(t, static(empty+"/.pyenv/versions/x")), pyenv.ErrNoSharedLibrary, "PYTHON_CONFIGURE_OPTS=--enable-shared"},
		"static system build": {answer(t, static("/usr")), pyenv.ErrNoSharedLibrary, "libpython3.14 (Debian"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pyenv.Probe(t.Context(), c.python)
			var refused *pyenv.ProbeError
			require.ErrorAs(t, err, &refused)
			assert.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

func TestProbe_standIn(t *testing.T) {
	_, err := pyenv.Probe(t.Context(), answer(t, func(map[string]any) {}))
	require.NoError(t, err, "the refusals above must come from what was changed")
}

func TestProbe_fatalError(t *testing.T) {
	// A python whose standard library is not there, by a link that leads it astray.
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "bin"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "lib", "python3.14", "lib-dynload"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lib", "python3.14", "os.py"), nil, 0o600))
	data, err := os.ReadFile(bundledPython())
	require.NoError(t, err)
	python := filepath.Join(dir, "bin", "python3")
	require.NoError(t, os.WriteFile(python, data, 0o700))
	_, err = pyenv.Probe(t.Context(), python)
	require.ErrorIs(t, err, pyenv.ErrPythonCrashed)
	assert.Contains(t, err.Error(), "Fatal Python error")
	assert.Contains(t, err.Error(), "encodings")
}

func TestProbe_cancelled(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	ctx, cancel := context.WithCancel(t.Context())
	// The child keeps our pipe open: only its whole group can be killed.
	python := script(t, fmt.Sprintf("sleep 600 & echo $! > %s; mv %s %s.done; wait", started, started, started))
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(started + ".done"); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := pyenv.Probe(ctx, python)
	require.ErrorIs(t, err, context.Canceled)
	text, err := os.ReadFile(started + ".done")
	require.NoError(t, err)
	pid := strings.TrimSpace(string(text))
	// The signal was sent; dying takes the child a moment.
	assert.Eventually(t, func() bool {
		state, err := os.ReadFile("/proc/" + pid + "/stat")
		return errors.Is(err, os.ErrNotExist) || err == nil && strings.Contains(string(state), ") Z ")
	}, 2*time.Minute, time.Millisecond, "the child is still running")
}

// TestProbe_hostPythons runs over whatever is installed here.
func TestProbe_hostPythons(t *testing.T) {
	found := 0
	for _, name := range []string{"python3", "python3.11", "python3.12", "python3.13", "python3.14"} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				return
			}
			interp, err := pyenv.Probe(t.Context(), name)
			if err != nil {
				var refused *pyenv.ProbeError
				require.True(t, errors.As(err, &refused), "%v", err)
				t.Logf("%s: refused: %v", name, err)
				return
			}
			found++
			t.Logf("%s: %s, library %s", name, interp, interp.Library)
			assert.FileExists(t, interp.Library)
			assert.FileExists(t, interp.Executable)
		})
	}
	if found == 0 {
		t.Skip("no Python of this machine can be embedded; the bundled one is tested elsewhere")
	}
}
