package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"regexp"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

// Options says where to look and what to build. The zero value looks at the
// process environment only.
type Options struct {
	// Python is a path, a name on PATH or the directory of a virtual environment.
	// Resolve uses it as it is; Setup takes it as the base of the environment.
	Python string
	// Distribution is the CPython carried in the program, if there is one.
	Distribution Distribution
	// Bundle holds the environment, packed; BundleFile names a file that does. Nothing is built then.
	Bundle     fs.FS
	BundleFile string
	// Requirements is a hash lock in pip's format. Setup needs it.
	Requirements []byte
	// Name distinguishes environments with the same lock; empty means "default".
	Name string
	// CacheDir is the root of everything that is written; empty means MTOK_CACHE,
	// XDG_CACHE_HOME/mistralbridge or HOME/.cache/mistralbridge.
	CacheDir string
	// Offline forbids whatever may reach the network; so does MTOK_OFFLINE=1.
	Offline bool
	// Environ replaces os.Environ().
	Environ []string
	// Progress is called from the goroutine that called Setup or Resolve and from
	// the one that reads pip's output, never from two at once.
	Progress func(Event)
	// Logger is silent if nil.
	Logger *slog.Logger
}

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// plan is Options with every default filled in.
type plan struct {
	Options
	cache    cache
	lockHash string
	lockErr  error
	lock     []requirement
	// lockTotal is how many of them apply here, as far as pip has reported.
	lockTotal int
	// packed is what the bundle holds, once it was looked at.
	packed *bundle.Header
	// target is pip's options for a machine that is not this one.
	target []string
}

func newPlan(o Options) (*plan, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Name == "" {
		o.Name = "default"
	}
	if !nameRule.MatchString(o.Name) {
		return nil, fmt.Errorf("environment name %q: want letters, digits, '.', '_' and '-'", o.Name)
	}
	if o.Distribution != nil && !nameRule.MatchString(o.Distribution.Key()) {
		return nil, fmt.Errorf("distribution key %q is not fit to name a directory", o.Distribution.Key())
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	o.Offline = o.Offline || Forbidden(o.Environ)
	p := &plan{Options: o, cache: locateCache(o.CacheDir, o.Environ)}
	if len(o.Requirements) > 0 {
		p.lockHash = lockHash(o.Requirements)
		p.lock, p.lockErr = parseLock(o.Requirements)
	}
	return p, nil
}

func lockHash(lock []byte) string {
	sum := sha256.Sum256(lock)
	return hex.EncodeToString(sum[:])
}

func (p *plan) event(stage, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.Logger.Debug("set-up", "stage", stage, "text", text)
	p.Progress(Event{Stage: stage, Text: text})
}

func (p *plan) probe(extra ...string) prober {
	return prober{environ: p.Environ, timeout: probeTimeout, extra: extra}
}
