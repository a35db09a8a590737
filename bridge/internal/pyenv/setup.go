package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Setup returns the managed environment for the lock, building it first if it is
// not there. Of several processes that want the same one, one builds and the
// others wait. It is made from Options.Python, else from the Distribution, else
// from python3 on PATH.
//
// Errors: *ProbeError for a base that will not do, *OfflineError,
// *IncompleteLockError, *HashError, *InstallError, *CacheError, or that of ctx. A
// failed or killed set-up leaves nothing that a later one takes for finished;
// downloads are kept.
func Setup(ctx context.Context, o Options) (*Environment, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	if !p.Offline { // doctor and its like only look
		p.sweep()
	}
	return p.setup(ctx)
}

// sweep removes what set-ups left behind that were killed: from a cache that is not ours to
// trust, or cannot be written, nothing.
func (p *plan) sweep() {
	if p.cache.trust() != nil {
		return
	}
	for _, name := range []string{"envs", "python"} {
		for _, path := range sweep(p.cache.dir(name)) {
			p.Logger.Info("removed what an interrupted set-up left behind", "path", path)
		}
	}
}

func (p *plan) setup(ctx context.Context) (*Environment, error) {
	if p.lockHash == "" {
		return nil, errors.New("set-up needs a lock of the packages to install")
	}
	if p.lockErr != nil {
		return nil, p.lockErr
	}
	if err := p.cache.trust(); err != nil {
		return nil, err
	}
	if err := p.readPacked(); err != nil {
		return nil, err
	}
	b, err := p.base(ctx)
	if err != nil {
		return nil, err
	}
	dir := p.cache.dir(filepath.FromSlash(environmentTree(p.Name, p.lockHash, b)))
	env, unfit, err := p.ready(ctx, b, dir)
	if env != nil || err != nil {
		return env, err
	}
	if p.Offline && p.packed == nil {
		return nil, offlineError(dir, unfit)
	}
	if err := p.cache.prepare(); err != nil {
		return nil, because(unfit, dir, err)
	}
	unlock, err := lockFile(ctx, p.cache.dir("locks", filepath.Base(dir)+".lock"), func() {
		p.event(StageWait, "waiting for another process that sets up %s", dir)
	})
	if err != nil {
		return nil, because(unfit, dir, cacheFailure(p.cache.root, err))
	}
	defer unlock()
	if env, _, err := p.ready(ctx, b, dir); env != nil || err != nil {
		return env, err
	}
	p.sweep()
	mark, err := p.provide(ctx, b, dir)
	if err != nil {
		return nil, cacheFailure(p.cache.root, err)
	}
	return p.open(ctx, dir, mark)
}

// provide unpacks the environment, or builds it.
func (p *plan) provide(ctx context.Context, b base, dir string) (marker, error) {
	if p.packed != nil {
		return p.extract(ctx, b, dir)
	}
	if err := p.unpack(ctx, b); err != nil {
		return marker{}, err
	}
	return p.build(ctx, b, dir)
}

// ready returns the environment if it can be used. If it has to be built, unfit
// says what is wrong with the one that is there, and is nil if there is none.
func (p *plan) ready(ctx context.Context, b base, dir string) (env *Environment, unfit, err error) {
	mark, unfit := readMarker(dir)
	switch {
	case errors.Is(unfit, fs.ErrNotExist):
		return nil, nil, nil
	case unfit != nil:
		return nil, unfit, denied(p.cache.root, unfit)
	case mark.Lock != p.lockHash || mark.Key != b.key:
		return nil, errors.New("it is of another lock or another interpreter"), nil
	}
	env, unfit = p.open(ctx, dir, mark)
	if err := denied(p.cache.root, unfit); err != nil {
		return nil, nil, err
	}
	if isDamaged(unfit) {
		// The packages are fine, the interpreter is unpacked once more.
		if err := p.unpack(ctx, b); err != nil {
			return nil, nil, because(unfit, dir, err)
		}
		env, unfit = p.open(ctx, dir, mark)
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err := denied(p.cache.root, unfit); err != nil {
		return nil, nil, err
	}
	if unfit != nil {
		p.Logger.Warn("the environment has to be built again", "dir", dir, "reason", unfit)
		return nil, unfit, nil
	}
	return env, nil, nil
}

// because adds to a cache that cannot be written why it should have been.
func because(unfit error, dir string, err error) error {
	var failed *CacheError
	if unfit == nil || !errors.As(err, &failed) {
		return err
	}
	return &CacheError{
		Dir: failed.Dir, Err: failed.Err,
		Reason: strings.TrimPrefix(failed.Reason+"; ", "; ") + fmt.Sprintf("%s is there but would have to be mended: %s", dir, unfit),
	}
}

// build makes the environment in a temporary directory and moves it into place.
func (p *plan) build(ctx context.Context, b base, dir string) (marker, error) {
	temp, err := newTempDir(p.cache.dir("envs"))
	if err != nil {
		return marker{}, err
	}
	defer temp.remove()
	interp := b.host
	if interp == nil {
		if interp, err = p.probe().probe(ctx, b.executable); err != nil {
			return marker{}, err
		}
	}
	p.event(StageVenv, "laying out %s", dir)
	fresh := temp.join("env")
	if err := writeVenv(fresh, b.executable, interp); err != nil {
		return marker{}, err
	}
	if err := p.install(ctx, b, temp, fresh); err != nil {
		return marker{}, err
	}
	if err := removeScripts(fresh); err != nil {
		return marker{}, err
	}
	p.event(StageVerify, "comparing with the lock")
	built, err := p.probe("installed").probe(ctx, filepath.Join(fresh, "bin", "python"))
	if err != nil {
		return marker{}, err
	}
	if problems := compareLock(p.lock, built.Installed); len(problems) > 0 {
		return marker{}, &InstallError{Text: "the result is not what the lock says: " + summarise(problems)}
	}
	if b.unpacked != "" {
		if err := p.link(fresh, b.unpacked, b.executable); err != nil {
			return marker{}, err
		}
	}
	if err := os.WriteFile(filepath.Join(fresh, requirementsName), p.Requirements, 0o600); err != nil {
		return marker{}, err
	}
	if err := writeManifest(fresh, b.key); err != nil {
		return marker{}, err
	}
	mark := marker{
		Shape: markerShape, Name: p.Name, Lock: p.lockHash, Key: b.key, Base: b.executable,
		Unpacked: b.unpacked, Created: time.Now().Unix(), Installed: built.Installed,
	}
	if err := writeJSON(filepath.Join(fresh, markerName), mark); err != nil {
		return marker{}, err
	}
	if err := ctx.Err(); err != nil {
		return marker{}, err
	}
	return mark, temp.replace(fresh, dir)
}

// requirementsName is the lock, kept with what was built from it.
const requirementsName = "requirements.txt"
