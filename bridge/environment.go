package bridge

import (
	"context"
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// Environment is a Python that the bridge can embed, as it would be found by
// Open with the same options. Nothing is started in this process.
type Environment struct {
	Executable   string            `json:"executable"`
	Version      string            `json:"version"`
	Prefix       string            `json:"prefix"`
	Library      string            `json:"library"` // libpython
	Source       string            `json:"source"`  // option, MTOK_PYTHON, VIRTUAL_ENV, managed, PATH
	Dir          string            `json:"dir"`     // the virtual environment; empty if there is none
	Packages     map[string]string `json:"packages"`
	ImportErrors map[string]string `json:"import_errors,omitempty"`
	Considered   []Candidate       `json:"considered,omitempty"` // places looked at before
	env          *pyenv.Environment
}

// Candidate is a place where a usable Python could have been.
type Candidate struct {
	Source string `json:"source"`
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason"` // why it would not do
}

// Finding is something about an environment that is not as it should be.
type Finding struct {
	Subject string `json:"subject"` // interpreter, packages, files
	Path    string `json:"path,omitempty"`
	Text    string `json:"text"`
}

// The errors of finding and building an environment, for errors.As. Their texts
// name the way out.
type (
	// NotFoundError lists every Python that was looked at, and why it would not do.
	NotFoundError = pyenv.NotFoundError
	// ProbeError is a Python that cannot be used: its Kind says why.
	ProbeError = pyenv.ProbeError
	// MissingPackageError is a Python without mistral-common.
	MissingPackageError = pyenv.MissingPackageError
	// OfflineError is something that would have to be fetched, where WithOffline or
	// MTOK_OFFLINE forbids it: the packages of an environment, a tokenizer of the hub,
	// a URL in a request.
	OfflineError = pyenv.OfflineError
	// IncompleteLockError is a lock in which something is not pinned with a hash, or
	// a package is missing.
	IncompleteLockError = pyenv.IncompleteLockError
	// HashError is a package that is not what the lock says.
	HashError = pyenv.HashError
	// InstallError is an installation that failed otherwise; errors.Is tells
	// ErrNoPackage and ErrNetwork.
	InstallError = pyenv.InstallError
	// DamagedError is a file of an environment that would end the process, such as a
	// shared library that is cut off.
	DamagedError = pyenv.DamagedError
	// CacheError is a cache directory that cannot be used.
	CacheError = pyenv.CacheError
)

// Kinds of an InstallError.
var (
	// ErrNoPackage is a package that the index does not have, or not for this Python.
	ErrNoPackage = pyenv.ErrNoPackage
	// ErrNetwork is an index that was not reached, or broke off.
	ErrNetwork = pyenv.ErrNetwork
)

// FindEnvironment finds, or with a Distribution builds, the environment that Open
// would take.
func FindEnvironment(ctx context.Context, opts ...Option) (*Environment, error) {
	return environment(ctx, pyenv.Resolve, opts)
}

// Setup builds the managed environment, if it is not there, and returns it:
// from the interpreter of WithPython, else from the Distribution, else from
// python3 on PATH. It fetches packages, see WithDistribution: call it with the
// options of Open where the network is, such as at the build of an image.
func Setup(ctx context.Context, opts ...Option) (*Environment, error) {
	return environment(ctx, pyenv.Setup, opts)
}

func environment(ctx context.Context, get func(context.Context, pyenv.Options) (*pyenv.Environment, error), opts []Option) (*Environment, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if !sys.Workers {
		return nil, unsupported()
	}
	env, err := get(ctx, c.env)
	if err != nil {
		return nil, err
	}
	i := env.Interpreter
	e := &Environment{
		Executable: i.Executable, Version: i.Version, Prefix: i.Prefix, Library: i.Library, Source: env.Source, Dir: env.Dir,
		Packages: i.Packages, ImportErrors: i.ImportErrors, Considered: candidates(env.Considered), env: env,
	}
	return e, nil
}

// Considered are the places that a NotFoundError, if err is one, tells of.
func Considered(err error) []Candidate {
	var none *NotFoundError
	if !errors.As(err, &none) {
		return nil
	}
	return candidates(none.Considered)
}

func candidates(in []pyenv.Candidate) []Candidate {
	out := make([]Candidate, 0, len(in))
	for _, c := range in {
		out = append(out, Candidate{c.Source, c.Path, c.Reason})
	}
	return out
}

// Verify examines the environment thoroughly: file hashes and versions of a
// managed one, whether it still answers of any, and versions known to be bad. No
// findings: all is well.
func (e *Environment) Verify(ctx context.Context) ([]Finding, error) {
	found, err := pyenv.Verify(ctx, e.env)
	out := append(unsupportedPackages(e.Packages, "sentencepiece"), outdated(e.Packages)...) // the probe knows no other extra
	for _, f := range found {
		out = append(out, Finding(f))
	}
	return out, err
}
