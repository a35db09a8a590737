package pyenv

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed probe.py
var probeScript string

const (
	probeMark    = "pyenv-probe:"
	probeTimeout = 20 * time.Second
)

// Probe asks a Python about itself, in a subprocess of its own, and finds its
// libpython. executable is a path, a name on PATH, or the directory of a virtual
// environment. The subprocess sees no PYTHON* variable and is killed after 20 s or
// when ctx ends. Every refusal is a *ProbeError. Safe for concurrent use.
func Probe(ctx context.Context, executable string) (*Interpreter, error) {
	return prober{environ: os.Environ(), timeout: probeTimeout}.probe(ctx, executable)
}

type prober struct {
	environ []string
	timeout time.Duration
	// extra asks for more than start-up needs: "installed", "pip".
	extra []string
}

func (p prober) probe(ctx context.Context, executable string) (*Interpreter, error) {
	path, err := p.locate(executable)
	if err != nil {
		return nil, err
	}
	interp, err := p.ask(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := p.judge(interp, path); err != nil {
		return nil, err
	}
	return interp, nil
}

// locate turns what the user named into a file that can be run.
func (p prober) locate(executable string) (string, error) {
	if executable == "" {
		return "", &ProbeError{Kind: ErrPythonNotFound, Detail: "no path given"}
	}
	path, err := expandHome(executable, p.environ)
	if err != nil {
		return "", &ProbeError{Executable: executable, Kind: ErrPythonNotFound, Err: err}
	}
	if !strings.ContainsRune(path, filepath.Separator) {
		found, err := lookPath(path, p.environ)
		if err != nil {
			return "", &ProbeError{Executable: executable, Kind: ErrPythonNotFound, Detail: "not on PATH", Err: err}
		}
		path = found
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return "", &ProbeError{Executable: executable, Kind: ErrPythonNotFound, Err: err}
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, "bin", "python")
		info, err = os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			path += "3"
			info, err = os.Stat(path)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir):
		return "", &ProbeError{Executable: path, Kind: ErrPythonNotFound, Err: err}
	case err != nil:
		return "", &ProbeError{Executable: path, Kind: ErrNotExecutable, Err: err}
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return "", &ProbeError{Executable: path, Kind: ErrNotExecutable, Detail: "mode " + info.Mode().String()}
	}
	return path, nil
}

func (p prober) ask(ctx context.Context, path string) (*Interpreter, error) {
	timed, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	args := append([]string{"-I", "-X", "utf8", "-c", probeScript}, p.extra...)
	out, err := run(timed, command{path: path, args: args, environ: scrub(p.environ)})
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, &ProbeError{Executable: path, Kind: ErrProbe, Err: ctx.Err()}
	case timed.Err() != nil:
		return nil, &ProbeError{Executable: path, Kind: ErrProbeTimeout, Detail: fmt.Sprintf("no answer within %s", p.timeout), Output: out.text()}
	case errors.As(err, &exit):
		e := &ProbeError{Executable: path, Kind: ErrPythonCrashed, Detail: exit.String(), Output: out.text()}
		if strings.Contains(strings.ToLower(e.Output), "unknown option") {
			e.Kind, e.Detail = ErrPythonTooOld, "it does not know the option -I or -X"
		}
		return nil, e
	case err != nil:
		return nil, notRun(path, err)
	}
	return parseProbe(path, out)
}

func parseProbe(path string, out output) (*Interpreter, error) {
	garbage := func(err error) error {
		return &ProbeError{Executable: path, Kind: ErrNotPython, Detail: "its answer is not a Python's", Output: out.text(), Err: err}
	}
	at := bytes.LastIndex(out.stdout, []byte("\n"+probeMark))
	if at < 0 {
		return nil, garbage(nil)
	}
	line, _, _ := bytes.Cut(out.stdout[at+1+len(probeMark):], []byte("\n"))
	var interp Interpreter
	if err := json.Unmarshal(line, &interp); err != nil {
		return nil, garbage(err)
	}
	if interp.Executable == "" {
		// Python found no way back to itself; multiprocessing needs one.
		interp.Executable = path
	}
	return &interp, nil
}

// judge refuses what cannot be embedded, and finds the library of what can.
func (p prober) judge(interp *Interpreter, path string) error {
	refuse := func(kind error, detail, fix string) error {
		return &ProbeError{Executable: path, Kind: kind, Detail: detail, Fix: fix, Interpreter: interp}
	}
	if interp.Implementation != "cpython" {
		return refuse(ErrNotCPython, "it is "+interp.Implementation+" "+interp.Version, "")
	}
	if !interp.atLeast(MinVersion) {
		return refuse(ErrPythonTooOld, fmt.Sprintf("it is %s; mistral-common needs %d.%d or newer",
			interp.Version, MinVersion[0], MinVersion[1]), "")
	}
	if interp.GILDisabled {
		return refuse(ErrFreeThreaded, "it is a free-threaded build ("+interp.Version+
			"t): packages that mistral-common imports switch the GIL back on or have no wheel for it",
			"use the ordinary build of the same version")
	}
	library, tried := findLibrary(interp)
	if library == "" {
		detail, fix := explainNoLibrary(interp, tried)
		return refuse(ErrNoSharedLibrary, detail, fix)
	}
	interp.Library = library
	for _, path := range []string{library, interp.SitePackages} {
		if at := noExec(path); at != "" {
			return refuse(ErrNotExecutable, onNoExec(path, at), noExecPythonFix)
		}
	}
	return nil
}

const noExecPythonFix = "use a Python on another file system, or mount that one with exec"

// notRun is about a Python that could not be started.
func notRun(path string, err error) error {
	failed := &ProbeError{Executable: path, Kind: ErrNotExecutable, Err: err}
	if at := noExec(path); at != "" {
		failed.Detail, failed.Fix = onNoExec(path, at), noExecPythonFix
	}
	return failed
}
