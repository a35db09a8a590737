package pyenv_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// limitFiles makes this process, and those it starts, fail to write more than the given number of bytes to a file: what
// a full disk does, without one.
func limitFiles(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

// starved sets up an environment in another process, which cannot write large files, and returns what it says.
func starved(t *testing.T, cache string, most int, more ...string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = environ("PYENV_TEST_HELPER=default", "PYENV_TEST_CACHE="+cache, "PYENV_TEST_FILES="+strconv.Itoa(most))
	cmd.Env = append(cmd.Env, more...)
	said, err := cmd.Output()
	require.Error(t, err, string(said))
	_, last, found := strings.Cut(string(said), "error ")
	require.True(t, found, string(said))
	return last
}

// When the interpreter does not fit, the error says which cache, nothing of it is left, and the next try works.
func TestSetup_noSpaceForInterpreter(t *testing.T) {
	cache := t.TempDir()
	said := starved(t, cache, 1<<20)
	assert.Contains(t, said, "*pyenv.CacheError the cache "+cache+" cannot be used")
	assert.Contains(t, said, "file too large")
	assert.Contains(t, said, "set MTOK_CACHE")
	assert.Empty(t, temporaries(t, cache))
	assert.NoDirExists(t, filepath.Join(cache, "python", bundled.Python().Key()))

	o := smallOptions(cache)
	o.Distribution = copied{bundled.Python()}
	works(t, o)
}

// When the environment does not fit, the error says why, there is no environment, and the next try works.
func TestSetup_noSpaceForEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		most int
		said string
	}{
		"pip":       {20 << 10, "*pyenv.CacheError the cache "},
		"a package": {600 << 10, "*pyenv.InstallError install the packages"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := ownCache(t)
			lock := largePackage(t)
			said := starved(t, cache, c.most, "PYENV_TEST_LOCK="+lock)
			assert.Contains(t, said, c.said)
			assert.Contains(t, strings.ToLower(said), "file too large")
			assert.Empty(t, temporaries(t, cache))
			entries, err := os.ReadDir(filepath.Join(cache, "envs"))
			require.NoError(t, err)
			assert.Empty(t, entries)
			o := smallOptions(cache)
			o.Requirements = []byte(lock)
			works(t, o)
		})
	}
}

// largePackage is the lock of one package with a file of some megabytes.
func largePackage(t *testing.T) string {
	t.Helper()
	all, err := os.ReadFile("../../../requirements.txt")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(all), "\nsentencepiece==")
	require.True(t, found)
	entry, _, _ := strings.Cut(rest, "\n    #")
	return "sentencepiece==" + entry + "\n"
}

func works(t *testing.T, o pyenv.Options) {
	t.Helper()
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	assert.Empty(t, found)
}
