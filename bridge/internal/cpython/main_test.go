//go:build linux && cgo

package cpython_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// A process has one interpreter: each test is a process of its own. The child
// learns which from the first variable, and where the Python is from the others.
const (
	childVariable   = "MTOK_TEST_CHILD"
	libraryVariable = "MTOK_TEST_LIBRARY"
	programVariable = "MTOK_TEST_PROGRAM"
)

var python *bridge.Environment

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		runtime.LockOSThread()
		if err := children[name](); err != nil {
			fmt.Fprintf(os.Stderr, "child %s: %v\n", name, err)
			os.Exit(1)
		}
		fmt.Println("child went well")
		os.Exit(0)
	}
	var err error
	if python, err = bridge.FindEnvironment(context.Background(), bridge.WithDistribution(bundled.Python())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func runInChild(t *testing.T, name string, env ...string) {
	t.Helper()
	t.Parallel()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), childVariable + "=" + name,
		libraryVariable + "=" + python.Library, programVariable + "=" + python.Executable,
	}, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), &out)
	require.Contains(t, out.String(), "child went well")
}
