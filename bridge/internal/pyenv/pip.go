package pyenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// findPip returns what the environment's python runs as pip: the pip of a host
// interpreter, or that of the distribution.
func (p *plan) findPip(ctx context.Context, b base, temp *tempDir) (string, error) {
	if b.host != nil && b.host.Pip != "" {
		return b.host.Pip, nil
	}
	if p.Distribution == nil {
		return "", &InstallError{Err: fmt.Errorf("%s has neither pip nor ensurepip", b.executable)}
	}
	dir := temp.join("pip")
	if err := p.Distribution.UnpackPip(ctx, dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, "pip"), nil
}

// install puts the packages of the lock into the new environment dir.
func (p *plan) install(ctx context.Context, b base, temp *tempDir, dir string) error {
	pip, err := p.findPip(ctx, b, temp)
	if err != nil {
		return err
	}
	python := filepath.Join(dir, "bin", "python")
	settings, err := p.settings(ctx, python, pip)
	if err != nil {
		return err
	}
	if err := p.fetch(ctx, temp, python, pip, settings); err != nil {
		return err
	}
	total := p.lockTotal
	p.Progress(Event{Stage: StageInstall, Text: "Compiling the modules", Done: total, Total: total})
	if err := p.compile(ctx, python, filepath.Join(dir, "lib"), ""); err != nil {
		return err
	}
	return p.complete(ctx, python, pip)
}

// fetch runs pip, and again where a file was refused that pip would not have taken
// if the index listed hashes: pip prefers 1.0+local to 1.0, and a place beside the
// index may hold another build of the same version.
func (p *plan) fetch(ctx context.Context, temp *tempDir, python, pip string, settings pipSettings) error {
	var first error
	for lock := p.Requirements; ; {
		err := p.runPip(ctx, temp, python, pip, lock, settings)
		var refused *HashError
		switch exact := exactly(lock); {
		case !errors.As(err, &refused):
			if ctx.Err() != nil || err == nil || first == nil {
				return err
			}
			return first
		case !p.pins(refused.Package, refused.Version) && !bytes.Equal(lock, exact):
			lock = exact
		case settings.aside():
			settings = settings.without()
		default:
			return err
		}
		p.Logger.Warn("installing once more, from the index alone or without local versions", "reason", err)
		if first == nil {
			first = err
		}
	}
}

// runPip runs pip with the python of the new environment. Running pip by its path,
// in isolated mode, keeps PYTHONPATH and the current directory out of it. It does
// not resolve: the lock is complete, and what an index has besides is no concern.
// Nor does it compile: its compiled modules would not survive a copy, see compile.
func (p *plan) runPip(ctx context.Context, temp *tempDir, python, pip string, text []byte, settings pipSettings) error {
	lock := temp.join("requirements.txt")
	if err := os.WriteFile(lock, text, 0o600); err != nil {
		return err
	}
	scratch := temp.join("tmp")
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return err
	}
	log := temp.join("pip.log")
	_ = os.Remove(log)
	progress := &pipProgress{emit: p.Progress, total: len(p.lock)}
	out, err := run(ctx, command{
		path: python,
		args: append([]string{
			"-I", "-X", "utf8", pip, "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile",
			"--ignore-installed", "--no-user", "--no-input", "--no-color", "--progress-bar", "off",
			"--disable-pip-version-check", "--no-warn-script-location",
			"--cache-dir", p.cache.dir("pip"), "--log", log, "-r", lock,
		}, p.target...),
		environ: settings.environ(p.Environ, scratch),
		line:    progress.line,
		inherit: []*os.File{temp.held},
	})
	p.lockTotal = progress.total
	p.Logger.Debug("pip", "output", out.text())
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	logged, _ := os.ReadFile(log) // without it the error has less detail
	return pipFailure(out, string(logged), settings, err)
}

// pipProgress counts what pip says it is collecting.
type pipProgress struct {
	emit        func(Event)
	done, total int
}

func (p *pipProgress) line(text string) {
	text = strings.TrimSpace(text)
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "Collecting":
		p.done = min(p.done+1, p.total)
	case "Ignoring": // its marker says that it is for another platform
		p.total = max(p.total-1, p.done)
		return
	case "Downloading", "Using":
		text = word + " " + filepath.Base(strings.TrimPrefix(rest, "cached "))
	case "Installing":
		p.done, text = p.total, fmt.Sprintf("Installing %d packages", p.total)
	default:
		return
	}
	text, _, _ = strings.Cut(text, " (from")
	p.emit(Event{Stage: StageInstall, Text: text, Done: p.done, Total: p.total})
}
