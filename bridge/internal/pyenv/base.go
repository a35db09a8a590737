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
	if p.Python == "" && p.Distribution != nil {
		dir := p.cache.dir("python", p.Distribution.Key())
		return base{key: p.Distribution.Key(), executable: filepath.Join(dir, "bin", "python3"), unpacked: dir}, nil
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

func (b base) id() string {
	sum := sha256.Sum256([]byte(b.key))
	return hex.EncodeToString(sum[:6])
}

// unpack makes sure that the distribution is there and whole.
func (p *plan) unpack(ctx context.Context, b base) error {
	if b.unpacked == "" {
		return nil
	}
	whole := func() bool {
		differ, err := p.settleManifest(b.unpacked, b.key)
		return err == nil && len(differ) == 0
	}
	if whole() {
		return nil
	}
	if err := p.cache.prepare(); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, p.cache.dir("locks", "python-"+b.id()+".lock"), func() {
		p.event(StageWait, "waiting for another process that unpacks the interpreter")
	})
	if err != nil {
		return cacheFailure(p.cache.root, err)
	}
	defer unlock()
	if whole() {
		return nil
	}
	sweep(p.cache.dir("python"))
	p.event(StageUnpack, "unpacking %s", b.key)
	return cacheFailure(p.cache.root, p.unpackInto(ctx, b))
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
