package pyenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

func (p *plan) isPacked() bool { return p.Bundle != nil || p.BundleFile != "" }

// readPacked looks at the begin of the bundle, if there is one: it costs what reading a few
// kilobytes costs, so that an environment that was unpacked before is opened as any other.
func (p *plan) readPacked() error {
	if !p.isPacked() {
		return nil
	}
	r, err := p.openBundle()
	if err != nil {
		return err
	}
	p.packed = &r.Header
	return r.Close()
}

func (p *plan) openBundle() (r *bundle.Reader, err error) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if p.Bundle != nil {
		r, err = bundle.Find(p.Bundle, platform)
	} else {
		var file string
		if file, err = expandHome(p.BundleFile, p.Environ); err != nil {
			return nil, &bundle.Error{Path: p.BundleFile, Kind: bundle.ErrNone, Err: err}
		}
		r, err = bundle.OpenFile(file)
	}
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.For(platform), p.fits(r)); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// fits wants the packages that this program was built for: another version's bundle may give
// other tokens.
func (p *plan) fits(r *bundle.Reader) error {
	h := r.Header
	switch {
	case h.Lock != p.lockHash || h.Name != p.Name:
		return &bundle.Error{
			Path: r.Path(), Kind: bundle.ErrVersion,
			Reason: fmt.Sprintf("it has the environment %s of the lock %.12s, and this program wants %s of %.12s", h.Name, h.Lock, p.Name, p.lockHash),
			Fix:    "make one with the `mtok bundle` of the version that this program is built with, from the same lock",
		}
	case !nameRule.MatchString(h.Key), h.Interpreter != interpreterTree(h.Key), h.Environment != environmentTree(p.Name, p.lockHash, p.carried(h.Key)):
		return &bundle.Error{Path: r.Path(), Kind: bundle.ErrDamaged, Reason: "its trees are not those of its environment"}
	}
	return nil
}

func interpreterTree(key string) string { return path.Join("python", key) }

func environmentTree(name, lock string, b base) string {
	return path.Join("envs", fmt.Sprintf("%s-%s-%s", name, lock[:12], b.id()))
}

// extract unpacks the bundle into the cache: the environment into dir, if it is named, and the
// interpreter if it is not there, or not whole. Both get their names when all of the bundle has
// been read and found right.
func (p *plan) extract(ctx context.Context, b base, dir string) (mark marker, err error) {
	release, whole, err := p.claim(ctx, b)
	if err != nil {
		return mark, err
	}
	defer release()
	if whole && dir == "" {
		return mark, nil // another process has unpacked it meanwhile
	}
	r, err := p.openBundle()
	if err != nil {
		return mark, err
	}
	defer r.Close()
	p.event(StageUnpack, "unpacking %s", r.Path())
	var fresh []*tree
	defer func() {
		for _, t := range fresh {
			t.close()
		}
	}()
	into := map[string]*os.Root{}
	// The interpreter first: an environment that has its name needs it.
	for _, want := range []struct{ name, to string }{{r.Header.Interpreter, b.unpacked}, {r.Header.Environment, dir}} {
		if want.to == "" || want.to == b.unpacked && whole {
			continue
		}
		t, err := newTree(want.to)
		if err != nil {
			return mark, err
		}
		fresh, into[want.name] = append(fresh, t), t.root
	}
	if err := r.Extract(ctx, into); err != nil {
		return mark, err
	}
	for _, t := range fresh {
		if err := t.check(b, p.lockHash, r.Path()); err != nil {
			return mark, err
		}
		if t.to == dir {
			mark = t.mark
		}
	}
	for _, t := range fresh {
		if err := t.temp.replace(t.dir(), t.to); err != nil {
			return mark, err
		}
	}
	return mark, nil
}

// tree is a directory of the cache that is being unpacked.
type tree struct {
	temp *tempDir
	root *os.Root
	to   string
	mark marker // of an environment
}

func newTree(to string) (*tree, error) {
	temp, err := newTempDir(filepath.Dir(to))
	if err != nil {
		return nil, err
	}
	t := &tree{temp: temp, to: to}
	if err = os.Mkdir(t.dir(), 0o700); err == nil {
		t.root, err = os.OpenRoot(t.dir())
	}
	if err != nil {
		temp.remove()
		return nil, err
	}
	return t, nil
}

func (t *tree) dir() string { return t.temp.join("tree") }

func (t *tree) close() {
	_ = t.root.Close()
	t.temp.remove()
}

// check compares what was unpacked with what it says of itself, and takes the paths of the
// machine on which it was packed out of the marker.
func (t *tree) check(b base, lock, from string) error {
	refuse := func(text string, err error) error {
		return &bundle.Error{Path: from, Kind: bundle.ErrDamaged, Reason: text, Err: err, Fix: "make it anew with `mtok bundle`"}
	}
	differ, err := checkManifest(t.dir(), b.key, false)
	if err != nil || len(differ) > 0 {
		return refuse(fmt.Sprintf("what it has is not what its manifest says: %s", summarise(differ)), err)
	}
	if t.to == b.unpacked {
		return nil
	}
	if t.mark, err = readMarker(t.dir()); err != nil {
		return refuse("its environment does not say what it is", err)
	}
	if t.mark.Lock != lock || t.mark.Key != b.key {
		return refuse("its environment is of another lock or another interpreter", nil)
	}
	t.mark.Base, t.mark.Unpacked = b.executable, b.unpacked
	return writeJSON(filepath.Join(t.dir(), markerName), t.mark)
}
