package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

var (
	errCause = fmt.Errorf("a cause: %w", fs.ErrPermission)
	probed   = &pyenv.ProbeError{Executable: "/p", Kind: pyenv.ErrPythonTooOld, Detail: "3.8", Output: "o", Fix: "f", Err: errCause}
)

// internalErrors are the errors of the internal packages, each with what a caller gets of it.
var internalErrors = []struct{ in, want error }{
	{
		&pyenv.NotFoundError{Tried: []pyenv.Attempt{{Source: "s", Path: "/p", Reason: "r", Err: probed}}},
		&bridge.NotFoundError{Tried: []bridge.Attempt{{Source: "s", Path: "/p", Reason: "r", Err: &bridge.ProbeError{
			Executable: "/p", Kind: bridge.ErrPythonTooOld, Detail: "3.8", Output: "o", Fix: "f", Err: bridge.Outward(errCause),
		}}}},
	},
	{probed, &bridge.ProbeError{Executable: "/p", Kind: bridge.ErrPythonTooOld, Detail: "3.8", Output: "o", Fix: "f", Err: bridge.Outward(errCause)}},
	{
		&pyenv.MissingPackageError{Interpreter: &pyenv.Interpreter{Executable: "/p", Version: "3.12"}, Reason: "r"},
		&bridge.MissingPackageError{Executable: "/p", Version: "3.12", Reason: "r"},
	},
	{&pyenv.OfflineError{What: "w", Way: "y", Dir: "/d", Err: probed}, &bridge.OfflineError{What: "w", Way: "y", Dir: "/d", Err: bridge.Outward(probed)}},
	{&pyenv.IncompleteLockError{Line: 3, Text: "t", Reason: "r"}, &bridge.IncompleteLockError{Line: 3, Text: "t", Reason: "r"}},
	{
		&pyenv.HashError{Package: "p", Version: "1", URL: "u", Expected: []string{"a"}, Got: "b", Text: "t"},
		&bridge.HashError{Package: "p", Version: "1", URL: "u", Expected: []string{"a"}, Got: "b", Text: "t"},
	},
	{
		&pyenv.InstallError{Kind: pyenv.ErrNetwork, Text: "t", Fix: "f", Err: errCause},
		&bridge.InstallError{Kind: bridge.ErrNetwork, Text: "t", Fix: "f", Err: bridge.Outward(errCause)},
	},
	{&pyenv.DamagedError{Path: "/p", Reason: "r", Fix: "f"}, &bridge.DamagedError{Path: "/p", Reason: "r", Fix: "f"}},
	{
		&bundle.Error{Path: "/b", Kind: bundle.ErrDamaged, Reason: "r", Fix: "f", Err: errCause},
		&bridge.BundleError{Path: "/b", Kind: bridge.ErrBundleDamaged, Reason: "r", Fix: "f", Err: errCause},
	},
	{&pyenv.CacheError{Dir: "/d", Reason: "r", Err: errCause, Fix: "f"}, &bridge.CacheError{Dir: "/d", Reason: "r", Err: bridge.Outward(errCause), Fix: "f"}},
	{
		&pool.WorkerError{Kind: pool.ErrTimeLimit, PID: 7, Signal: 9, Exit: -1, Stderr: "s"},
		&bridge.WorkerError{Kind: bridge.ErrTimeLimit, PID: 7, Signal: 9, Exit: -1, Stderr: "s"},
	},
	{&pool.NoWorkerError{Err: errCause, Attempts: 2}, &bridge.NoWorkerError{Err: bridge.Outward(errCause), Attempts: 2}},
	{&job.CloseError{Running: 1, Left: 2, Err: context.Canceled}, &bridge.CloseError{Running: 1, Left: 2, Err: context.Canceled}},
}

// What the internal packages say arrives as a public struct: alone, wrapped and joined, with
// the same text and the same causes.
func TestOutward(t *testing.T) {
	for _, c := range internalErrors {
		t.Run(fmt.Sprintf("%T", c.in), func(t *testing.T) {
			assert.Equal(t, c.want, bridge.Outward(c.in))
			assert.EqualError(t, c.want, c.in.Error())
			for name, err := range map[string]error{
				"wrapped": fmt.Errorf("start: %w", c.in), "joined": errors.Join(errors.New("first"), fmt.Errorf("second: %w", c.in)),
				"among causes": &pyenv.CacheError{Dir: "/", Err: fmt.Errorf("deep: %w", c.in)},
			} {
				t.Run(name, func(t *testing.T) {
					if _, same := c.in.(*pyenv.CacheError); same && name == "among causes" {
						return // the outer one is found first
					}
					got := reflect.New(reflect.TypeOf(c.want))
					require.True(t, errors.As(bridge.Outward(err), got.Interface()), name)
					assert.Equal(t, c.want, got.Elem().Interface(), name)
					assert.EqualError(t, bridge.Outward(err), err.Error())
				})
			}
			for _, kind := range []error{pyenv.ErrPythonTooOld, pyenv.ErrNetwork, pool.ErrTimeLimit, fs.ErrPermission, context.Canceled} {
				assert.Equal(t, errors.Is(c.in, kind), errors.Is(bridge.Outward(c.in), kind), kind)
				assert.Equal(t, errors.Is(c.in, kind), errors.Is(bridge.Outward(fmt.Errorf("wrapped: %w", c.in)), kind), kind)
			}
		})
	}
	require.NoError(t, bridge.Outward(nil))
	assert.Equal(t, context.Canceled, bridge.Outward(context.Canceled))
}

// A type of error that a package gains has to be listed above.
func TestOutward_complete(t *testing.T) {
	known := map[string]bool{
		"executor.PanicError": true, // a defect of ours: there is nothing to distinguish
	}
	for _, c := range internalErrors {
		known[strings.TrimPrefix(fmt.Sprintf("%T", c.in), "*")] = true
	}
	for _, name := range []string{"pyenv", "pool", "executor", "job", "bundle"} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob("internal/" + name + "/*.go")
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, file := range files {
				parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
				require.NoError(t, err)
				ast.Inspect(parsed, func(n ast.Node) bool {
					if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() && strings.HasSuffix(spec.Name.Name, "Error") {
						assert.True(t, known[name+"."+spec.Name.Name], "%s.%s has no public type", name, spec.Name.Name)
					}
					return true
				})
			}
		})
	}
}
