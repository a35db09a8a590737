package pyenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// NotFoundError lists every Python that was looked at and why none would do. Its
// causes are reachable with errors.As and errors.Is.
type NotFoundError struct{ Considered []Candidate }

func (e *NotFoundError) Error() string {
	var b strings.Builder
	b.WriteString("no Python with mistral-common was found")
	for _, c := range e.Considered {
		b.WriteString("\n  " + c.Source)
		if c.Path != "" {
			b.WriteString(" (" + c.Path + ")")
		}
		b.WriteString(": " + c.Reason)
	}
	b.WriteString("\nrun `mtok setup` to build one, or name one with MTOK_PYTHON=/path/to/python")
	return b.String()
}

// Unwrap gives the error of each candidate that had one.
func (e *NotFoundError) Unwrap() []error {
	var errs []error
	for _, c := range e.Considered {
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

// HashError is a package whose content is not what the lock says, or a lock that
// does not say it. Text is pip's.
type HashError struct{ Text string }

func (e *HashError) Error() string { return "refused for its hash: " + e.Text }

// InstallError is an installation that failed otherwise. Text is pip's, shortened.
type InstallError struct {
	Text string
	Err  error
}

func (e *InstallError) Error() string {
	s := "install the packages"
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

func (e *InstallError) Unwrap() error { return e.Err }

// CacheError is a cache directory that cannot be used.
type CacheError struct {
	Dir    string
	Reason string
	Err    error
}

func (e *CacheError) Error() string {
	s := "the cache " + e.Dir + " cannot be used"
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + "; set MTOK_CACHE to a directory of yours that can be written"
}

func (e *CacheError) Unwrap() error { return e.Err }

// cacheFailure makes a CacheError of what went wrong with a file of ours; any
// other error, and one that is typed already, passes.
func cacheFailure(dir string, err error) error {
	var known *CacheError
	if err == nil || errors.As(err, &known) {
		return err
	}
	var path *fs.PathError
	var link *os.LinkError
	var number syscall.Errno
	if errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &number) {
		return &CacheError{Dir: dir, Err: err}
	}
	return err
}
