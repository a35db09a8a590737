package pyenv

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

// Foreign is a platform of which nothing can be run here, with its CPython.
type Foreign struct {
	Platform     string // GOOS/GOARCH
	Distribution Distribution
}

// ErrForeign is a platform for which no environment can be put together here.
var ErrForeign = errors.New("no environment can be packed for this platform")

// machines are the names that wheels have for what a platform runs on.
var machines = map[string]string{"linux/amd64": "x86_64", "linux/arm64": "aarch64"}

// newestLibrary is the latest C library whose wheels are taken, 2.N. Those for the oldest go first: a
// bundle is for machines that nobody has asked.
const newestLibrary = 39

// PackFor puts an environment for another platform together, in a place of its own, and writes it as
// a bundle to w. The Distribution of the options runs pip and compiles, so it must be of the same version as
// the foreign one; wheels are chosen by their tags, lines of the lock by their markers, and checked as ever.
func PackFor(ctx context.Context, o Options, f Foreign, w io.Writer) (bundle.Header, error) {
	p, err := newPlan(o)
	if err != nil {
		return bundle.Header{}, err
	}
	machine := machines[f.Platform]
	switch {
	case machine == "":
		return bundle.Header{}, fmt.Errorf("%q: %w: there are linux/amd64 and linux/arm64", f.Platform, ErrForeign)
	case p.Distribution == nil || p.Python != "":
		return bundle.Header{}, fmt.Errorf("%s: %w on a Python of this machine: use the CPython that a program carries", f.Platform, ErrForeign)
	case p.lockErr != nil:
		return bundle.Header{}, p.lockErr
	}
	host := p.carried(p.Distribution.Key())
	if p.Offline {
		return bundle.Header{}, offlineError(p.cache.dir("envs", p.Name+" for "+f.Platform), nil)
	}
	if err := p.cache.prepare(); err != nil {
		return bundle.Header{}, err
	}
	if err := p.unpack(ctx, host); err != nil {
		return bundle.Header{}, err
	}
	temp, err := newTempDir(p.cache.dir("envs"))
	if err != nil {
		return bundle.Header{}, cacheFailure(p.cache.root, err)
	}
	defer temp.remove()
	there := &foreignPlan{plan: *p, host: host, machine: machine}
	there.cache = cache{root: temp.join("cache")}
	// What is fetched is kept with the rest.
	if err := errors.Join(os.Mkdir(there.cache.root, 0o700), os.Symlink(p.cache.dir("pip"), there.cache.dir("pip"))); err != nil {
		return bundle.Header{}, cacheFailure(p.cache.root, err)
	}
	there.Distribution = f.Distribution
	dir, b, err := there.build(ctx, temp)
	if err != nil {
		return bundle.Header{}, cacheFailure(p.cache.root, err)
	}
	return there.pack(ctx, w, f.Platform, b, dir)
}

// foreignPlan is a plan for a cache of its own, which holds what nothing here can run.
type foreignPlan struct {
	plan
	host    base
	machine string
}

func (p *foreignPlan) build(ctx context.Context, temp *tempDir) (dir string, b base, err error) {
	if err := p.cache.prepare(); err != nil {
		return "", b, err
	}
	b = p.carried(p.Distribution.Key())
	dir = p.cache.dir(filepath.FromSlash(environmentTree(p.Name, p.lockHash, b)))
	interp, err := p.probe().probe(ctx, p.host.executable)
	if err != nil {
		return "", b, err
	}
	p.event(StageUnpack, "unpacking %s", b.key)
	if err := p.Distribution.Unpack(ctx, b.unpacked); err != nil {
		return "", b, err
	}
	lib := filepath.Join(b.unpacked, "lib")
	minor := fmt.Sprintf("python%d.%d", interp.VersionInfo[0], interp.VersionInfo[1])
	if _, err := os.Stat(filepath.Join(lib, minor)); err != nil {
		return "", b, fmt.Errorf("%s: %w by a Python %s", b.key, ErrForeign, interp.Version)
	}
	if err := p.compile(ctx, p.host.executable, lib, ""); err != nil {
		return "", b, err
	}
	if err := writeManifest(b.unpacked, b.key); err != nil {
		return "", b, err
	}
	p.event(StageVenv, "laying out %s", filepath.Base(dir))
	if err := writeVenv(dir, b.executable, interp); err != nil {
		return "", b, err
	}
	if err := p.link(dir, b.unpacked, b.executable); err != nil {
		return "", b, err
	}
	site := filepath.Join(dir, "lib", minor, "site-packages")
	if err := p.install(ctx, temp, interp, site); err != nil {
		return "", b, err
	}
	return dir, b, p.finish(dir, site, b)
}

// install has the pip of this machine choose and check the wheels of the other.
func (p *foreignPlan) install(ctx context.Context, temp *tempDir, interp *Interpreter, site string) error {
	pip := temp.join("pip", "pip")
	if err := p.Distribution.UnpackPip(ctx, filepath.Dir(pip)); err != nil {
		return err
	}
	lock, err := p.applying(ctx, pip)
	if err != nil {
		return err
	}
	settings, err := p.settings(ctx, p.host.executable, pip)
	if err != nil {
		return err
	}
	p.target = []string{"--target", site, "--implementation", "cp", "--python-version", interp.Version}
	for minor := 17; minor <= newestLibrary; minor++ {
		p.target = append(p.target, "--platform", fmt.Sprintf("manylinux_2_%d_%s", minor, p.machine))
		if minor == 17 {
			p.target = append(p.target, "--platform", "manylinux2014_"+p.machine)
		}
	}
	whole := p.Requirements
	p.Requirements = lock
	err = p.fetch(ctx, temp, p.host.executable, pip, settings)
	p.Requirements = whole
	if err != nil {
		return err
	}
	// What pip made for the command line would start a Python of this machine.
	if err := os.RemoveAll(filepath.Join(site, "bin")); err != nil {
		return err
	}
	if err := p.compile(ctx, p.host.executable, site, ""); err != nil {
		return err
	}
	return p.complete(ctx, p.host.executable, pip, "--there", site, p.markers())
}

func (p *foreignPlan) markers() string { return fmt.Sprintf(`{"platform_machine": %q}`, p.machine) }

// applying is the lock as it applies there: pip would ask this machine.
func (p *foreignPlan) applying(ctx context.Context, pip string) ([]byte, error) {
	args := []string{"-I", "-B", "-X", "utf8", "-c", appliesScript, filepath.Dir(pip), p.markers()}
	for _, r := range p.lock {
		if r.marker != "" {
			args = append(args, r.marker)
		}
	}
	out, err := run(ctx, command{path: p.host.executable, args: args, environ: scrub(p.Environ)})
	var holds []bool
	if err == nil {
		err = answerOf(out, "pyenv-applies:", &holds)
	}
	if err != nil {
		return nil, &InstallError{Text: "which lines of the lock apply could not be examined: " + out.text(), Err: err}
	}
	var b strings.Builder
	for _, l := range lockLines(string(p.Requirements)) {
		if strings.HasPrefix(l.text, "-") {
			b.WriteString(l.text + "\n")
			continue
		}
		hashes := hashParts.FindAllString(l.text, -1)
		m := lockLine.FindStringSubmatch(strings.TrimSpace(hashParts.ReplaceAllString(l.text, "")))
		if m[4] != "" {
			holding := holds[0]
			if holds = holds[1:]; !holding {
				continue
			}
		}
		extras := ""
		if m[2] != "" {
			extras = "[" + m[2] + "]"
		}
		b.WriteString(m[1] + extras + "==" + m[3] + strings.Join(hashes, "") + "\n")
	}
	return []byte(b.String()), nil
}

//go:embed applies.py
var appliesScript string

// finish compares with the lock and writes our notes.
func (p *foreignPlan) finish(dir, site string, b base) error {
	p.event(StageVerify, "comparing with the lock")
	installed, err := distributions(site)
	if err != nil {
		return err
	}
	if problems := compareLock(p.lock, installed); len(problems) > 0 {
		return &InstallError{Text: "the result is not what the lock says: " + summarise(problems)}
	}
	if err := os.WriteFile(filepath.Join(dir, requirementsName), p.Requirements, 0o600); err != nil {
		return err
	}
	if err := writeManifest(dir, b.key); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, markerName), marker{
		Shape: markerShape, Name: p.Name, Lock: p.lockHash, Key: b.key, Base: b.executable,
		Unpacked: b.unpacked, Created: time.Now().Unix(), Installed: installed,
	})
}

// distributions are the packages in a directory by what they say of themselves, without the Python
// that they are for.
func distributions(site string) (map[string]string, error) {
	found := map[string]string{}
	all, err := fs.Glob(os.DirFS(site), "*.dist-info/METADATA")
	if err != nil {
		return nil, err
	}
	for _, rel := range all {
		text, err := os.ReadFile(filepath.Join(site, filepath.FromSlash(rel)))
		if err != nil {
			return nil, err
		}
		var name, version string
		for line := range strings.Lines(string(text)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			switch {
			case key == "Name" && name == "":
				name = strings.TrimSpace(value)
			case key == "Version" && version == "":
				version = strings.TrimSpace(value)
			}
			if name != "" && version != "" {
				break
			}
		}
		found[canonicalName(name)] = version
	}
	return found, nil
}
