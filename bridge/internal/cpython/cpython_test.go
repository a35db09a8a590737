//go:build linux && cgo

package cpython_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

var children = map[string]func() error{
	"calls": childCalls, "thread": childThread, "library": childLibrary, "boot": childBoot, "signals": childSignals, "damaged": childDamaged,
	"foreign": childForeign,
}

// echo is the smallest possible shim: it answers with what the request names.
const echo = `
import signal, struct
def start(config):
    return dispatch, config + b"!"
def reply(body=b"", ints=None, bufs=(), version=1, nints=None, nbufs=None, length=None):
    n = len(ints or ()) if nints is None else nints
    head = struct.pack("<HHIIIQQ", version, 0, 0, n, len(bufs) if nbufs is None else nbufs,
                       len(body) if length is None else length, 0)
    return head + body, ints, bufs
def dispatch(frame):
    return eval(bytes(frame[24:]).decode())
`

func config() cpython.Config {
	return cpython.Config{
		Library: os.Getenv(libraryVariable), Program: os.Getenv(programVariable), Source: echo, Filename: "echo.py", Boot: []byte("hello"),
	}
}

func start() (*cpython.Thread, error) {
	t, said, err := cpython.Start(config())
	if err == nil && string(said) != "hello!" {
		err = fmt.Errorf("it said %q", said)
	}
	return t, err
}

func call(t *cpython.Thread, expression string) (r wire.Reply, err error) {
	err = t.Call(wire.Frame(wire.Header{Op: 1}, expression), &r)
	return r, err
}

func balanced() error {
	if c := cpython.ReadCounters(); c.Taken != c.Released || c.Allocated-c.Freed > 4 {
		return fmt.Errorf("counters: %+v", c)
	}
	return nil
}

func TestThread_Call(t *testing.T) { runInChild(t, "calls") }

func childCalls() error {
	if (cpython.ReadCounters() != cpython.Counters{}) || cpython.Started() {
		return errors.New("something before Start")
	}
	t, err := start()
	if err != nil {
		return err
	}
	r, err := call(t, `reply(b"body", [1, -1, 2**31-1, -2**31], (b"", b"two", b"x" * 3_000_000))`)
	if err != nil {
		return err
	}
	if string(r.Body) != "body" || fmt.Sprint(r.Ints) != "[1 -1 2147483647 -2147483648]" || len(r.Bufs) != 3 ||
		len(r.Bufs[0]) != 0 || string(r.Bufs[1]) != "two" || !bytes.Equal(r.Bufs[2], bytes.Repeat([]byte("x"), 3_000_000)) {
		return fmt.Errorf("reply %q %v", r.Body, r.Ints)
	}
	if r, err = call(t, `reply(ints=list(range(1_000_000)))`); err != nil || len(r.Ints) != 1_000_000 || r.Ints[999_999] != 999_999 {
		return otherwise(fmt.Sprint("a million ints: ", len(r.Ints)), err)
	}
	kept := r.Ints
	for range 2 { // and a failed call leaves nothing of itself to the next
		if err := failures(t); err != nil {
			return err
		}
	}
	if r, err = call(t, `reply()`); err != nil || r.Body == nil || len(r.Body) != 0 || r.Ints != nil || r.Bufs != nil {
		return otherwise(fmt.Sprintf("empty reply: %+v", r), err)
	}
	if kept[1] != 1 {
		return errors.New("a reply was written over")
	}
	return balanced()
}

func failures(t *cpython.Thread) error {
	for expression, want := range map[string]string{
		`1 / 0`:   "pyshim.dispatch raised: ZeroDivisionError: division by zero",
		`exit(3)`: "raised: SystemExit: 3",
		`(_ for _ in ()).throw(KeyboardInterrupt("k"))`:                              "raised: KeyboardInterrupt: k",
		`(_ for _ in ()).throw(ValueError("\ud800"))`:                                "raised: ValueError: ",
		`(_ for _ in ()).throw(ValueError("é" * 3000))`:                              "raised: ValueError: éé",
		`(_ for _ in ()).throw(type("E", (Exception,), {"__str__": lambda s: 1/0}))`: "raised: E",
		`None`:                     "something else than (head, ints, bufs)",
		`(b"",)`:                   "something else than (head, ints, bufs)",
		`("text", None, ())`:       "reply bytes: TypeError",
		`(b"short", None, ())`:     "a reply of 5 bytes has no header",
		`reply(version=2)`:         "codec version 2, this program speaks 1",
		`reply(nints=3)`:           "reply ints: ",
		`reply(ints=[1], nints=3)`: "another number of ints",
		`reply(ints=(1, 2))`:       "reply ints: ",
		`reply(ints=[1, "x"])`:     "reply ints: TypeError",
		`reply(ints=[2**31])`:      "beyond int32",
		`reply(ints=[2**100])`:     "reply ints: OverflowError",
		`reply(bufs=[b"x"])`:       "reply buffers: ",
		`reply(bufs=(b"x", 1))`:    "reply bytes: TypeError",
		`reply(nbufs=1)`:           "0 buffers, header says 1",
		`reply(length=7)`:          "header says 7",
	} {
		_, err := call(t, expression)
		if err == nil || !strings.Contains(err.Error(), want) {
			return otherwise(expression, err)
		}
		if err.Error() != strings.ToValidUTF8(err.Error(), "?") {
			return fmt.Errorf("%s: the text is cut inside a character", expression)
		}
	}
	var r wire.Reply
	if err := t.Call(nil, &r); err == nil || !strings.Contains(err.Error(), "SyntaxError") {
		return otherwise("no frame", err)
	}
	return nil
}

// otherwise says that something came out otherwise than it had to: also that it went well.
func otherwise(what string, err error) error {
	if err == nil {
		return fmt.Errorf("%s: no error", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func TestThread_onlyOne(t *testing.T) { runInChild(t, "thread") }

func childThread() error {
	t, err := start()
	if err != nil {
		return err
	}
	wrong := make(chan error)
	go func() {
		_, err := call(t, `reply()`)
		wrong <- err
	}()
	if err := <-wrong; !errors.Is(err, cpython.ErrWrongThread) {
		return otherwise("elsewhere", err)
	}
	if _, _, err := cpython.Start(config()); !errors.Is(err, cpython.ErrStarted) {
		return otherwise("second start", err)
	}
	if _, err := call(t, `reply()`); err != nil {
		return err
	}
	return balanced()
}

func TestStart_unusableLibrary(t *testing.T) { runInChild(t, "library") }

func childLibrary() error {
	for library, want := range map[string]string{
		"/nonexistent/libpython3.so": "/nonexistent/libpython3.so", "": "load ", "/etc/passwd": "/etc/passwd", "libc.so.6": "has no symbol Py",
	} {
		c := config()
		c.Library = library
		_, _, err := cpython.Start(c)
		if library == "" { // dlopen("") is the program itself
			want = "has no symbol Py"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			return otherwise(library, err)
		}
		if cpython.Started() {
			return fmt.Errorf("%q: started", library)
		}
	}
	_, err := start()
	return err
}

func TestStart_failedBootstrap(t *testing.T) {
	for name, env := range map[string][2]string{
		"syntax":    {"def start(:", "compile bootstrap: SyntaxError"},
		"raises":    {"raise ValueError('why')", "run bootstrap: ValueError: why"},
		"leaves":    {"raise SystemExit('bye')", "run bootstrap: SystemExit: bye"},
		"no start":  {"x = 1", "has no start()"},
		"refuses":   {"def start(c): raise RuntimeError('not this one')", "start pyshim: RuntimeError: not this one"},
		"no tuple":  {"def start(c): return 7", "something else than (dispatch, info)"},
		"one thing": {"def start(c): return (1,)", "something else than (dispatch, info)"},
		"no bytes":  {"def start(c): return (print, 'text')", "start() returned something else"},
	} {
		t.Run(name, func(t *testing.T) { runInChild(t, "boot", "MTOK_TEST_SOURCE="+env[0], "MTOK_TEST_WANT="+env[1]) })
	}
}

func childBoot() error {
	c := config()
	c.Source = os.Getenv("MTOK_TEST_SOURCE")
	_, _, err := cpython.Start(c)
	if err == nil || !strings.Contains(err.Error(), os.Getenv("MTOK_TEST_WANT")) {
		return otherwise("start", err)
	}
	if _, _, err := cpython.Start(config()); !errors.Is(err, cpython.ErrStarted) {
		return otherwise("second start", err)
	}
	return nil
}

func TestSignals_restored(t *testing.T) { runInChild(t, "signals") }

func childSignals() error {
	t, err := start()
	if err != nil {
		return err
	}
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	frame := wire.Frame(wire.Header{}, `[signal.signal(n, signal.SIG_IGN) for n in (signal.SIGUSR1, signal.SIGSEGV)] and reply()`)
	var r wire.Reply
	changed, err := t.CallGuarded(frame, &r)
	if err != nil {
		return err
	}
	if fmt.Sprint(changed) != fmt.Sprint([]syscall.Signal{syscall.SIGUSR1, syscall.SIGSEGV}) {
		return fmt.Errorf("changed: %v", changed)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		return err
	}
	<-got
	if changed, err = t.CallGuarded(wire.Frame(wire.Header{}, `reply()`), &r); len(changed) != 0 {
		return fmt.Errorf("changed by nothing: %v", changed)
	}
	return err
}

// Init that fails is an error; before 3.14 it would be the end of the process,
// and only the probe stands before it.
func TestStart_noEncodings(t *testing.T) {
	if !strings.HasPrefix(python.Version, "3.14.") {
		t.Log("not of this Python")
		return
	}
	dir := t.TempDir()
	stdlib := filepath.Join(filepath.Dir(python.Library), "python3.14")
	entries, err := os.ReadDir(stdlib)
	require.NoError(t, err)
	for _, sub := range []string{"bin", "lib/python3.14"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, sub), 0o700))
	}
	for _, entry := range entries {
		if entry.Name() != "encodings" && entry.Name() != "__pycache__" {
			require.NoError(t, os.Symlink(filepath.Join(stdlib, entry.Name()), filepath.Join(dir, "lib/python3.14", entry.Name())))
		}
	}
	program := filepath.Join(dir, "bin", "python3")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/false\n"), 0o700))
	library := filepath.Join(dir, "lib", filepath.Base(python.Library))
	content, err := os.ReadFile(python.Library) // a link would be followed, to where all is well
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(library, content, 0o700))
	runInChild(t, "damaged", programVariable+"="+program, libraryVariable+"="+library)
}

func childDamaged() error {
	_, _, err := cpython.Start(config())
	if err == nil || !strings.Contains(err.Error(), "initialise ") || !strings.Contains(err.Error(), "encodings") {
		return otherwise("start", err)
	}
	if !cpython.Started() {
		return errors.New("it may not be tried again")
	}
	return nil
}
