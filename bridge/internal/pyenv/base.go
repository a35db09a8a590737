package pyenv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// base is the interpreter that a virtual environment is made from.
type base struct {
	key        string
	executable string
	unpacked   string       // where the distribution is, if it is one
	host       *Interpreter // if it is an interpreter of this machine
}

// base says which interpreter to build on, without unpacking it yet.
func (p *plan) base(ctx context.Context) (base, error) {
	switch {
	case p.packed != nil:
		return p.carried(p.packed.Key), nil
	case p.Python == "" && p.Distribution != nil:
		return p.carried(p.Distribution.Key()), nil
	}
	python := p.Python
	if python == "" {
		python = "python3"
	}
	host, err := p.probe("pip").probe(ctx, python)
	if err != nil {
		return base{}, err
	}
	executable := host.BaseExecutable
	if executable == "" {
		executable = host.Executable
	}
	return base{
		key:        fmt.Sprintf("host %s %s %s", host.FullVersion, host.Platform, executable),
		executable: executable,
		host:       host,
	}, nil
}

// carried is the interpreter of this key, which comes out of the program or a bundle.
func (p *plan) carried(key string) base {
	dir := p.cache.dir("python", key)
	return base{key: key, executable: filepath.Join(dir, "bin", "python3"), unpacked: dir}
}

func (b base) id() string {
	sum := sha256.Sum256([]byte(b.key))
	return hex.EncodeToString(sum[:6])
}

// unpack makes sure that the distribution is there and whole.
func (p *plan) unpack(ctx context.Context, b base) error {
	if b.unpacked == "" {
		return nil
	}
	if p.packed != nil {
		_, err := p.extract(ctx, b, "")
		return cacheFailure(p.cache.root, err)
	}
	release, whole, err := p.claim(ctx, b)
	if err != nil {
		return err
	}
	defer release()
	if whole {
		return nil
	}
	p.event(StageUnpack, "unpacking %s", b.key)
	return cacheFailure(p.cache.root, p.unpackInto(ctx, b))
}

// claim takes the lock for unpacking the interpreter, unless it is there and whole.
func (p *plan) claim(ctx context.Context, b base) (release func(), whole bool, err error) {
	isWhole := func() bool {
		differ, err := p.refreshManifest(b.unpacked, b.key)
		return err == nil && len(differ) == 0
	}
	if isWhole() {
		return func() {}, true, nil
	}
	if err := p.cache.prepare(); err != nil {
		return nil, false, err
	}
	unlock, err := lockFile(ctx, p.cache.dir("locks", "python-"+b.id()+".lock"), func() {
		p.event(StageWait, "waiting for another process that unpacks the interpreter")
	})
	if err != nil {
		return nil, false, cacheFailure(p.cache.root, err)
	}
	if isWhole() {
		return unlock, true, nil
	}
	sweep(p.cache.dir("python"))
	return unlock, false, nil
}

func (p *plan) unpackInto(ctx context.Context, b base) error {
	temp, err := newTempDir(p.cache.dir("python"))
	if err != nil {
		return err
	}
	defer temp.remove()
	fresh := temp.join("python")
	if err := p.Distribution.Unpack(ctx, fresh); err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o700); err != nil {
		return err
	}
	if err := p.compile(ctx, filepath.Join(fresh, "bin", "python3"), filepath.Join(fresh, "lib"), filepath.Join(b.unpacked, "lib")); err != nil {
		return err
	}
	if err := writeManifest(fresh, b.key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return temp.replace(fresh, b.unpacked)
}
