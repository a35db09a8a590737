package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

// ErrNotPackable is an environment on a Python of this machine, which is not in the cache.
var ErrNotPackable = errors.New("it runs on a Python of this machine, which cannot be packed: pack one on the CPython that a program carries")

// Pack writes the managed environment as a bundle to w, uncompressed, and builds it first if it
// is not there.
func Pack(ctx context.Context, o Options, w io.Writer) (bundle.Header, error) {
	p, err := newPlan(o)
	if err != nil {
		return bundle.Header{}, err
	}
	env, err := p.setup(ctx)
	if err != nil {
		return bundle.Header{}, err
	}
	if env.distribution == "" {
		return bundle.Header{}, fmt.Errorf("%s: %w", env.Dir, ErrNotPackable)
	}
	defer func() {
		if env.held != nil {
			_ = env.held.Close()
		}
	}()
	return p.pack(ctx, w, runtime.GOOS+"/"+runtime.GOARCH, p.carried(env.key), env.Dir)
}

// pack writes what is in dir and the interpreter below it, as their manifests list it.
func (p *plan) pack(ctx context.Context, w io.Writer, platform string, b base, dir string) (bundle.Header, error) {
	h := bundle.Header{
		Platform: platform, Name: p.Name, Lock: p.lockHash, Key: b.key,
		Interpreter: interpreterTree(b.key), Environment: environmentTree(p.Name, p.lockHash, b),
	}
	if want := filepath.Join(filepath.Dir(dir), path.Base(h.Environment)); dir != want {
		return h, fmt.Errorf("%s is not %s", dir, want)
	}
	p.event(StagePack, "packing %s", dir)
	var files []bundle.File
	for _, t := range []struct{ name, dir string }{{h.Interpreter, b.unpacked}, {h.Environment, dir}} {
		listed, err := listed(t.name, t.dir)
		if err != nil {
			return h, fmt.Errorf("%s cannot be packed: %w", t.dir, err)
		}
		files = append(files, listed...)
	}
	return bundle.Write(ctx, w, h, files, bundle.Below(p.cache.root))
}

// listed are the files of a directory of the cache, with our notes on it.
func listed(name, dir string) ([]bundle.File, error) {
	var m manifest
	if err := readJSON(filepath.Join(dir, manifestName), &m); err != nil {
		return nil, err
	}
	files := make([]bundle.File, 0, len(m.Files)+2)
	for _, f := range m.Files {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		executable := f.Link == "" && info.Mode()&0o111 != 0
		files = append(files, bundle.File{Path: path.Join(name, f.Path), Size: f.Size, Time: f.Time, SHA256: f.SHA256, Link: f.Link, Executable: executable})
	}
	for _, note := range []string{manifestName, markerName} {
		f, err := bundle.Describe(path.Join(name, note), filepath.Join(dir, note))
		if errors.Is(err, os.ErrNotExist) {
			continue // an interpreter has no marker
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}
