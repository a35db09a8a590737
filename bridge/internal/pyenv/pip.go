package pyenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pipSteers are settings of the user that would send the packages elsewhere or
// change what pip prints. Everything else in PIP_* is kept: mirrors, proxies,
// certificates, timeouts.
var pipSteers = []string{
	"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_DRY_RUN", "PIP_REQUIREMENT",
	"PIP_CONSTRAINT", "PIP_EDITABLE", "PIP_NO_DEPS", "PIP_UPGRADE", "PIP_REQUIRE_VIRTUALENV", "PIP_PLATFORM",
	"PIP_PYTHON_VERSION", "PIP_IMPLEMENTATION", "PIP_ABI", "PIP_QUIET", "PIP_VERBOSE", "PIP_REPORT",
	"PIP_NO_BINARY", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_NO_COMPILE", "PIP_PROGRESS_BAR", "PIP_LOG",
}

func pipEnviron(environ []string, temp string) []string {
	kept := slices.DeleteFunc(scrub(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(pipSteers, name) || name == "TMPDIR"
	})
	// Downloads go to the file system of the cache: /tmp is often small.
	return append(kept, "TMPDIR="+temp)
}

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

// install runs pip with the python of the new environment dir. Running pip by its
// path, in isolated mode, keeps PYTHONPATH and the current directory out of it.
func (p *plan) install(ctx context.Context, b base, temp *tempDir, dir string) error {
	pip, err := p.findPip(ctx, b, temp)
	if err != nil {
		return err
	}
	lock := temp.join("requirements.txt")
	if err := os.WriteFile(lock, p.Requirements, 0o600); err != nil {
		return err
	}
	scratch := temp.join("tmp")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	progress := &pipProgress{emit: p.Progress, total: len(p.lock)}
	out, err := run(ctx, command{
		path: filepath.Join(dir, "bin", "python"),
		args: []string{
			"-I", "-X", "utf8", pip, "install", "--no-deps", "--require-hashes", "--only-binary", ":all:",
			"--ignore-installed", "--no-user", "--no-input", "--no-color", "--progress-bar", "off",
			"--disable-pip-version-check", "--no-warn-script-location",
			"--cache-dir", p.cache.dir("pip"), "-r", lock,
		},
		environ: pipEnviron(p.Environ, scratch),
		line:    progress.line,
		inherit: []*os.File{temp.held},
	})
	p.Logger.Debug("pip", "output", out.text())
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return pipFailure(out, err)
}

func pipFailure(out output, err error) error {
	text := strings.TrimSpace(string(out.stderr))
	for _, sign := range []string{"DO NOT MATCH THE HASHES", "Hashes are required in --require-hashes mode", "In --require-hashes mode"} {
		if at := strings.Index(text, sign); at >= 0 {
			from := max(strings.LastIndexByte(text[:at], '\n'), 0)
			return &HashError{Text: strings.TrimSpace(text[from:])}
		}
	}
	if text == "" {
		return &InstallError{Text: out.text(), Err: err}
	}
	return &InstallError{Text: output{stderr: out.stderr}.text(), Err: errors.Unwrap(err)}
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
