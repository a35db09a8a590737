package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Resolve finds the Python to embed. It looks, in this order, at Options.Python, the bundle of
// Options, MTOK_PYTHON, MTOK_BUNDLE, VIRTUAL_ENV, the managed environment (which it builds, if there is
// a Distribution and the network is allowed) and python3 on PATH.
//
// One that was named (the first four) is used or fails with its own error. One that
// merely happens to be there is passed over if it will not do, and the reason is
// kept in Environment.Tried. With nothing left the error is a *NotFoundError.
// Safe for concurrent use, also between processes.
func Resolve(ctx context.Context, o Options) (*Environment, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	if ignored := Ignored(p.Environ); len(ignored) > 0 {
		p.Logger.Info("the embedded Python does not take over what the environment says of a Python: install into its own what it is to import",
			"variables", ignored)
	}
	if p.Python != "" {
		return p.explicit(ctx, SourceOption, p.Python)
	}
	if p.isPacked() {
		return p.setup(ctx)
	}
	if python := getenv(p.Environ, "MTOK_PYTHON"); python != "" {
		env, err := p.explicit(ctx, SourceEnv, python)
		if err != nil {
			return nil, fmt.Errorf("MTOK_PYTHON: %w", err)
		}
		return env, nil
	}
	if p.BundleFile = getenv(p.Environ, "MTOK_BUNDLE"); p.BundleFile != "" {
		env, err := p.setup(ctx)
		if err != nil {
			return nil, fmt.Errorf("MTOK_BUNDLE: %w", err)
		}
		return env, nil
	}
	var tried []Attempt
	for _, look := range []func(context.Context) (*Environment, *Attempt, error){
		p.activeVenv, p.managedOrBuild, p.onPath,
	} {
		env, attempt, err := look(ctx)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if env != nil {
			env.Tried = tried
			p.Logger.Debug("found a Python", "source", env.Source, "python", env.Interpreter.String())
			return env, nil
		}
		tried = append(tried, *attempt)
	}
	return nil, &NotFoundError{tried}
}

func (p *plan) explicit(ctx context.Context, source, python string) (*Environment, error) {
	interp, err := p.probe().probe(ctx, python)
	if err != nil {
		return nil, err
	}
	if reason := interp.Missing(); reason != "" {
		return nil, &MissingPackageError{interp, reason}
	}
	if err := checkLibraries(interp.SitePackages); err != nil {
		return nil, err
	}
	if err := checkLibrary(interp.Library); err != nil {
		return nil, err
	}
	env := &Environment{Interpreter: interp, Source: source, Dir: venvDir(interp)}
	if env.Dir != "" {
		if env.held, err = lockInUse(env.Dir); err != nil {
			return nil, &ProbeError{Executable: python, Kind: ErrPythonNotFound, Err: err}
		}
	}
	return env, nil
}

func (p *plan) activeVenv(ctx context.Context) (*Environment, *Attempt, error) {
	dir := getenv(p.Environ, "VIRTUAL_ENV")
	if dir == "" {
		return nil, &Attempt{Source: SourceVenv, Reason: "not set"}, nil
	}
	env, attempt := p.tryPython(ctx, SourceVenv, filepath.Join(dir, "bin", "python"))
	return env, attempt, nil
}

func (p *plan) onPath(ctx context.Context) (*Environment, *Attempt, error) {
	path, err := lookPath("python3", p.Environ)
	if err != nil {
		return nil, &Attempt{Source: SourcePath, Reason: "no python3", Err: err}, nil
	}
	env, attempt := p.tryPython(ctx, SourcePath, path)
	return env, attempt, nil
}

func (p *plan) tryPython(ctx context.Context, source, path string) (*Environment, *Attempt) {
	env, err := p.explicit(ctx, source, path)
	if err == nil {
		return env, nil
	}
	reason := err.Error()
	var refused *ProbeError
	var lacks *MissingPackageError
	switch {
	case errors.As(err, &lacks):
		reason = "Python " + lacks.Interpreter.Version + ", " + lacks.Reason
	case errors.As(err, &refused):
		reason = strings.TrimPrefix(reason, refused.Executable+": ")
	}
	p.Logger.Debug("passed over a Python", "source", source, "path", path, "reason", reason)
	return nil, &Attempt{Source: source, Path: path, Reason: reason, Err: err}
}

// managedOrBuild fails rather than fall through to PATH when building was tried
// and went wrong: a refused hash must not be papered over by another Python.
func (p *plan) managedOrBuild(ctx context.Context) (*Environment, *Attempt, error) {
	if p.Distribution == nil || len(p.Requirements) == 0 || p.Offline {
		env, err := p.anyManaged(ctx)
		if env != nil {
			return env, nil, nil
		}
		return nil, &Attempt{Source: SourceManaged, Path: p.cache.dir("envs"), Reason: err.Error(), Err: err}, nil
	}
	env, err := p.setup(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("managed environment: %w", err)
	}
	return env, nil, nil
}

// anyManaged returns a complete environment for this lock, that of the Distribution
// first, without making anything new that needs the network.
func (p *plan) anyManaged(ctx context.Context) (*Environment, error) {
	if err := p.cache.trust(); err != nil {
		return nil, err
	}
	missing := errors.New("no complete environment there")
	if p.Distribution != nil && p.lockHash != "" {
		env, err := p.setup(ctx)
		if err == nil {
			return env, nil
		}
		missing = err
	}
	entries, err := os.ReadDir(p.cache.dir("envs"))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			missing = err
		}
		return nil, missing
	}
	var found []*Environment
	newest := map[*Environment]int64{}
	for _, entry := range entries {
		dir := p.cache.dir("envs", entry.Name())
		mark, err := readMarker(dir)
		if err != nil && strings.HasPrefix(entry.Name(), p.Name+"-") {
			missing = fmt.Errorf("%s: %w", dir, err)
		}
		if err != nil || mark.Name != p.Name || p.lockHash != "" && mark.Lock != p.lockHash {
			continue
		}
		env, err := p.open(ctx, dir, mark)
		if err != nil {
			missing = fmt.Errorf("%s: %w", dir, err)
			continue
		}
		found = append(found, env)
		newest[env] = mark.Created
	}
	if len(found) == 0 {
		return nil, missing
	}
	return slices.MaxFunc(found, func(a, b *Environment) int { return int(newest[a] - newest[b]) }), nil
}

func venvDir(i *Interpreter) string {
	if i.Prefix != i.BasePrefix {
		return i.Prefix
	}
	return ""
}
