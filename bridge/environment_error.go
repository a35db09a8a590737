package bridge

import (
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// NotFoundError lists every Python that was looked at, and why it would not do: Open,
// FindEnvironment. What is wrong with a single one, such as a *ProbeError, is found in it by
// errors.As.
type NotFoundError struct {
	Tried []Attempt // the places, in the order in which they were looked at
}

// ProbeError is a Python that cannot be used.
type ProbeError struct {
	Executable string // as it was named
	Kind       error  // why: one of ErrProbe, ErrPythonNotFound …, for errors.Is
	Detail     string // what was seen
	Output     string // what the Python printed, shortened
	Fix        string // what to do about it
	Err        error  // the cause, if there is one
}

// MissingPackageError is a Python that works, and has no mistral-common.
type MissingPackageError struct {
	Executable string // the Python
	Version    string // of the Python
	Reason     string // why mistral-common cannot be imported
}

// OfflineError is something that would have to be fetched, where WithOffline or
// MTOK_OFFLINE forbids it: the packages of an environment, a tokenizer of the hub,
// a URL in a request. Nothing was asked.
type OfflineError struct {
	What string // what would have been fetched
	Way  string // what to do instead
	Dir  string // the environment that is not there; empty if it is about something else
	Err  error  // why the environment that is there cannot be used, or what Python said; may be nil
}

// IncompleteLockError is a lock in which something is not pinned with a hash, or a package is
// missing. The former is found before anything is fetched.
type IncompleteLockError struct {
	Line   int    // from 1; 0 if it is of the lock as a whole
	Text   string // of the line, shortened
	Reason string // what it lacks
}

// HashError is a package that is not what the lock says. Hashes have the form algorithm:hex.
type HashError struct {
	Package  string   // canonical name
	Version  string   // as the lock pins it
	URL      string   // where it came from
	Expected []string // any of these would have done
	Got      string   // the hash of what came
	Text     string   // pip's words
}

// InstallError is an installation that failed otherwise.
type InstallError struct {
	Kind error  // ErrNoPackage, ErrNetwork, or nil for anything else; for errors.Is
	Text string // pip's words, shortened
	Fix  string // what to do about it
	Err  error  // the cause, if there is one
}

// DamagedError is a file of an environment that would end the process, such as a shared
// library that is cut off: reading behind its end is a SIGBUS, and no exception.
type DamagedError struct {
	Path   string // of the file
	Reason string // what is wrong with it
	Fix    string // what to do about it
}

// CacheError is a cache directory that cannot be used.
type CacheError struct {
	Dir    string // the directory
	Reason string // why it cannot be used
	Err    error  // the cause, if there is one
	Fix    string // what to do about it; empty if another directory is all that helps
}

// Kinds of a ProbeError.
var (
	// ErrProbe is a Python that was not asked to the end, such as one whose answer is cut off.
	ErrProbe = pyenv.ErrProbe
	// ErrPythonNotFound is a path at which there is none.
	ErrPythonNotFound = pyenv.ErrPythonNotFound
	// ErrNotExecutable is a file that cannot be run.
	ErrNotExecutable = pyenv.ErrNotExecutable
	// ErrProbeTimeout is one that did not answer in time.
	ErrProbeTimeout = pyenv.ErrProbeTimeout
	// ErrPythonCrashed is one that cannot start.
	ErrPythonCrashed = pyenv.ErrPythonCrashed
	// ErrNotPython is another program.
	ErrNotPython = pyenv.ErrNotPython
	// ErrNotCPython is another implementation.
	ErrNotCPython = pyenv.ErrNotCPython
	// ErrPythonTooOld is a release before those that are supported.
	ErrPythonTooOld = pyenv.ErrPythonTooOld
	// ErrFreeThreaded is a build without the lock.
	ErrFreeThreaded = pyenv.ErrFreeThreaded
	// ErrNoSharedLibrary is one without a libpython to embed.
	ErrNoSharedLibrary = pyenv.ErrNoSharedLibrary
)

// Kinds of an InstallError.
var (
	// ErrNoPackage is a package that the index does not have, or not for this Python.
	ErrNoPackage = pyenv.ErrNoPackage
	// ErrNetwork is an index that was not reached, or broke off.
	ErrNetwork = pyenv.ErrNetwork
)

// Error lists the places, each with its reason, and names the way out.
func (e *NotFoundError) Error() string {
	inner := &pyenv.NotFoundError{}
	for _, c := range e.Tried {
		inner.Tried = append(inner.Tried, pyenv.Attempt(c))
	}
	return inner.Error()
}

// Unwrap gives the error of each attempt that had one.
func (e *NotFoundError) Unwrap() (all []error) {
	for _, c := range e.Tried {
		if c.Err != nil {
			all = append(all, c.Err)
		}
	}
	return all
}

// Error names the Python, the reason and the way out.
func (e *ProbeError) Error() string {
	return (&pyenv.ProbeError{Executable: e.Executable, Kind: e.Kind, Detail: e.Detail, Output: e.Output, Fix: e.Fix, Err: e.Err}).Error()
}

// Unwrap gives the kind and the cause.
func (e *ProbeError) Unwrap() []error { return present(e.Kind, e.Err) }

// Error names the Python, the reason and the way out.
func (e *MissingPackageError) Error() string {
	i := &pyenv.Interpreter{Executable: e.Executable, Version: e.Version}
	return (&pyenv.MissingPackageError{Interpreter: i, Reason: e.Reason}).Error()
}

// Error names what would have been fetched, and the way out.
func (e *OfflineError) Error() string { return (*pyenv.OfflineError)(e).Error() }

// Unwrap returns Err.
func (e *OfflineError) Unwrap() error { return e.Err }

// Error names the line, the reason and the way out.
func (e *IncompleteLockError) Error() string { return (*pyenv.IncompleteLockError)(e).Error() }

// Error names the package, both hashes and the way out.
func (e *HashError) Error() string { return (*pyenv.HashError)(e).Error() }

// Error says what pip said, and the way out.
func (e *InstallError) Error() string { return (*pyenv.InstallError)(e).Error() }

// Unwrap gives the kind and the cause.
func (e *InstallError) Unwrap() []error { return present(e.Kind, e.Err) }

// Error names the file, the reason and the way out.
func (e *DamagedError) Error() string { return (*pyenv.DamagedError)(e).Error() }

// Error names the directory, the reason and the way out.
func (e *CacheError) Error() string { return (*pyenv.CacheError)(e).Error() }

// Unwrap returns Err.
func (e *CacheError) Unwrap() error { return e.Err }

func present(errs ...error) (all []error) {
	for _, err := range errs {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Tried returns the places that a NotFoundError, if err is one, lists.
func Tried(err error) []Attempt {
	var none *NotFoundError
	if !errors.As(err, &none) {
		return nil
	}
	return none.Tried
}
