package bridge

import (
	"context"

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
	Tried        []Attempt         `json:"tried,omitempty"` // places looked at before
	env          *pyenv.Environment
}

// Attempt is a place where a usable Python could have been.
type Attempt struct {
	Source string `json:"source"`
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason"` // why it would not do
	Err    error  `json:"-"`      // the reason as an error, if there is one
}

// Problem is something about an environment that is not as it should be.
type Problem struct {
	Subject string `json:"subject"` // interpreter, packages, files
	Path    string `json:"path,omitempty"`
	Text    string `json:"text"`
}

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
		return nil, outward(err)
	}
	i := env.Interpreter
	e := &Environment{
		Executable: i.Executable, Version: i.Version, Prefix: i.Prefix, Library: i.Library, Source: env.Source, Dir: env.Dir,
		Packages: i.Packages, ImportErrors: i.ImportErrors, Tried: attempts(env.Tried), env: env,
	}
	return e, nil
}

func attempts(in []pyenv.Attempt) []Attempt {
	out := make([]Attempt, 0, len(in))
	for _, c := range in {
		out = append(out, Attempt{c.Source, c.Path, c.Reason, outward(c.Err)})
	}
	return out
}

// Verify examines the environment thoroughly: file hashes and versions of a
// managed one, whether it still answers of any, and versions known to be bad. No
// problems: all is well.
func (e *Environment) Verify(ctx context.Context) ([]Problem, error) {
	found, err := pyenv.Verify(ctx, e.env)
	out := append(unsupportedPackages(e.Packages, "sentencepiece"), outdated(e.Packages)...) // the probe knows no other extra
	for _, f := range found {
		out = append(out, Problem(f))
	}
	return out, outward(err)
}
