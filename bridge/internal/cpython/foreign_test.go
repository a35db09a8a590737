//go:build linux && cgo

package cpython_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
)

// foreign starts an interpreter before the program begins, as a host that embeds Python for
// itself has done.
const foreign = `
#include <dlfcn.h>
#include <stdlib.h>
__attribute__((constructor)) static void start(void) {
  void *lib = dlopen(getenv("` + libraryVariable + `"), RTLD_NOW | RTLD_GLOBAL);
  void (*init)(int) = (void (*)(int))dlsym(lib, "Py_InitializeEx");
  unsetenv("LD_PRELOAD");
  init(0);
}
`

func TestStart_foreignInterpreter(t *testing.T) {
	dir := t.TempDir()
	library := filepath.Join(dir, "foreign.so")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "foreign.c"), []byte(foreign), 0o600))
	out, err := exec.CommandContext(t.Context(), "cc", "-shared", "-fPIC", "-o", library, filepath.Join(dir, "foreign.c"), "-ldl").CombinedOutput()
	require.NoError(t, err, string(out))
	// The address sanitizer wants to be the first library, and need not be.
	runInChild(t, "foreign", "LD_PRELOAD="+library, "ASAN_OPTIONS=verify_asan_link_order=0", "PYTHONHOME="+filepath.Dir(filepath.Dir(python.Library)))
}

func childForeign() error {
	_, _, err := cpython.Start(config())
	if err == nil {
		return errors.New("it started in spite of another interpreter")
	}
	if !strings.Contains(err.Error(), "a Python interpreter that is not ours: open with WithWorkers") {
		return fmt.Errorf("no way out in: %w", err)
	}
	return nil
}
