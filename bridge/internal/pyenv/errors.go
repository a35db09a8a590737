package pyenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

// NotFoundError lists every Python that was looked at and why none would do. Its
// causes are reachable with errors.As and errors.Is.
type NotFoundError struct{ Tried []Attempt }

func (e *NotFoundError) Error() string {
	var b strings.Builder
	b.WriteString("no Python with mistral-common was found")
	for _, c := range e.Tried {
		b.WriteString("\n  " + c.Source)
		if c.Path != "" {
			b.WriteString(" (" + c.Path + ")")
		}
		b.WriteString(": " + c.Reason)
	}
	var cache *CacheError
	if errors.As(errors.Join(e.Unwrap()...), &cache) { // to build one would fail in the same way
		b.WriteString("\nor name one with MTOK_PYTHON=/path/to/python")
		return b.String()
	}
	b.WriteString("\nrun `mtok setup` to build one, or name one with MTOK_PYTHON=/path/to/python")
	return b.String()
}

// Unwrap gives the error of each attempt that had one.
func (e *NotFoundError) Unwrap() []error {
	var errs []error
	for _, c := range e.Tried {
		if c.Err != nil {
			errs = append(errs, c.Err)
		}
	}
	return errs
}

// MissingPackageError is a Python that works but lacks the package all this is for.
type MissingPackageError struct {
	Interpreter *Interpreter
	Reason      string
}

func (e *MissingPackageError) Error() string {
	return fmt.Sprintf("%s (Python %s): %s; install it with `%s -m pip install 'mistral-common[sentencepiece]'`, or use the managed environment (`mtok setup`)",
		e.Interpreter.Executable, e.Interpreter.Version, e.Reason, e.Interpreter.Executable)
}

// IncompleteLockError is a lock that cannot be installed as it stands: something in
// it is not pinned to one version with a hash, or a package that it needs is not in
// it. The former is found before anything is fetched.
type IncompleteLockError struct {
	Line   int    // from 1; 0 if it is of the lock as a whole
	Text   string // of the line, shortened
	Reason string
}

func (e *IncompleteLockError) Error() string {
	s := "the lock is incomplete: "
	if e.Line > 0 {
		s += fmt.Sprintf("line %d (%s): ", e.Line, e.Text)
	}
	return s + e.Reason + "; compile it with every package pinned and hashed, as `uv pip compile --generate-hashes` and `pip-compile --generate-hashes` do"
}

// HashError is a package whose content is not what the lock says. Hashes have the
// form algorithm:hex.
type HashError struct {
	Package  string // canonical name
	Version  string
	URL      string   // where it came from
	Expected []string // any of these would have done
	Got      string
	Text     string // pip's words
}

func (e *HashError) Error() string {
	if e.Package == "" {
		return "refused for its hash: " + e.Text
	}
	return fmt.Sprintf("%s %s from %s was refused for its hash: it has %s, and the lock says %s; nothing was installed: find out "+
		"what serves your packages (PIP_INDEX_URL, pip.conf, a proxy) before you go on",
		e.Package, e.Version, e.URL, e.Got, strings.Join(e.Expected, " or "))
}

// InstallError is an installation that failed otherwise. Text is pip's, shortened.
type InstallError struct {
	Kind error // ErrNoPackage, ErrNetwork, or nil for anything else
	Text string
	Fix  string // what to do about it
	Err  error
}

func (e *InstallError) Error() string {
	s := "install the packages"
	if e.Kind != nil {
		s += ": " + e.Kind.Error()
	} else if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

// Unwrap gives the kind and the cause.
func (e *InstallError) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// CacheError is a cache directory that cannot be used.
type CacheError struct {
	Dir    string
	Reason string
	Err    error
	Fix    string // what to do about it; empty if another directory is all that helps
}

func (e *CacheError) Error() string {
	s := "the cache " + e.Dir + " cannot be used"
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Fix != "" {
		return s + "; " + e.Fix
	}
	return s + "; set MTOK_CACHE to a directory of yours that can be written"
}

func (e *CacheError) Unwrap() error { return e.Err }

// cacheFailure makes a CacheError of what went wrong with a file of ours; any
// other error, and one that is typed already, passes.
func cacheFailure(dir string, err error) error {
	var known *CacheError
	var packed *bundle.Error
	if err == nil || errors.As(err, &known) || errors.As(err, &packed) {
		return err
	}
	var path *fs.PathError
	var link *os.LinkError
	var number syscall.Errno
	if refused := denied(dir, err); refused != nil {
		return refused
	}
	if errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &number) {
		return &CacheError{Dir: dir, Err: err}
	}
	return err
}
