package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"github.com/mistralbridge/mistralbridge"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// named is a managed environment beside the ordinary one: another lock.
type named struct {
	name string
	lock []byte
	// hosts are the Pythons of the machine to build on, the best first; none: the
	// one in this program will do.
	hosts []string
}

// namedEnvironments are those that --env and setup --with know, beside "default".
func namedEnvironments() []named {
	return []named{
		{name: "vllm-0.11.2", lock: mistralbridge.RequirementsVLLM0112, hosts: []string{"python3.13", "python3.12", "python3.11", "python3"}},
		{name: "vllm", lock: mistralbridge.RequirementsVLLM},
	}
}

var vllmLine = regexp.MustCompile(`(?m)^vllm==(\S+)`)

// vllm is the version of vLLM in the lock.
func (n named) vllm() string {
	if m := vllmLine.FindSubmatch(n.lock); m != nil {
		return string(m[1])
	}
	return ""
}

func findNamed(name string) (named, error) {
	names := []string{"default"}
	for _, n := range namedEnvironments() {
		if n.name == name {
			return n, nil
		}
		names = append(names, n.name)
	}
	return named{}, usageError{fmt.Errorf("there is no environment %q; there are %s", name, strings.Join(names, ", "))}
}

// parseWith reads --with: vllm for the newest, or vllm=VERSION.
func parseWith(with string) (named, error) {
	what, version, _ := strings.Cut(with, "=")
	all := namedEnvironments()
	if what == "vllm" && version == "" {
		return findNamed("vllm")
	}
	var offers []string
	for _, n := range all {
		if what == "vllm" && n.vllm() == version {
			return n, nil
		}
		offers = append(offers, "vllm="+n.vllm())
	}
	return named{}, usageError{fmt.Errorf("--with %s: there is vllm and %s", with, strings.Join(offers, ", "))}
}

// options are those of the flags, for this environment; base may be empty.
func (n named) options(f *envFlags, s streams, base string) []bridge.Option {
	opts := append(f.common(s), bridge.WithRequirements(n.name, n.lock))
	if base != "" {
		return append(opts, bridge.WithPython(base))
	}
	return append(opts, bridge.WithDistribution(bundled.Python()))
}

// bases are the Pythons to try: the one requested, those of the machine that are
// there, or none, which is the one in this program.
func (n named) bases(f *envFlags) []string {
	if f.python != "" {
		return []string{f.python}
	}
	if n.hosts == nil {
		return []string{""}
	}
	var there []string
	for _, host := range n.hosts {
		if path, err := exec.LookPath(host); err == nil {
			there = append(there, path)
		}
	}
	return there
}

// setup builds the environment on the first base that will do.
func (n named) setup(ctx context.Context, f *envFlags, s streams, more ...bridge.Option) (*bridge.Environment, error) {
	var failed []error
	for _, base := range n.bases(f) {
		env, err := bridge.Setup(ctx, append(n.options(f, s, base), more...)...)
		if err == nil {
			return env, nil
		}
		// Another Python can only help where this one was no good.
		if n.hosts == nil || f.python != "" || !unfit(err) {
			return nil, environmentError{err}
		}
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		failed = append(failed, &bridge.ProbeError{Executable: strings.Join(n.hosts, ", "), Kind: errors.New("not on PATH")})
	}
	return nil, environmentError{fmt.Errorf("%s needs a Python 3.11 to 3.13 of this machine, with a shared libpython; name one with --python\n%w",
		n.name, errors.Join(failed...))}
}

// find finds the environment as it was built, and builds nothing.
func (n named) find(ctx context.Context, f *envFlags, s streams) (*bridge.Environment, error) {
	// Whatever base it was built on, as long as nothing goes before it.
	opts := append(f.common(s), bridge.WithRequirements(n.name, n.lock), bridge.WithOffline())
	if env, err := bridge.FindEnvironment(ctx, opts...); err == nil && env.Source == "managed" {
		return env, nil
	}
	env, err := n.setup(ctx, f, s, bridge.WithOffline())
	if err == nil {
		return env, nil
	}
	var there *bridge.OfflineError
	if unfit(err) && (!errors.As(err, &there) || there.Err == nil) {
		err = fmt.Errorf("the environment %s is not set up: run `mtok setup --with vllm=%s`", n.name, n.vllm())
	}
	return nil, environmentError{err}
}

// unfit reports whether a Python is not usable at all, or not with this lock.
func unfit(err error) bool {
	var probe *bridge.ProbeError
	var offline *bridge.OfflineError
	var install *bridge.InstallError
	if errors.Is(err, bridge.ErrNetwork) {
		return false
	}
	return errors.As(err, &probe) || errors.As(err, &offline) || errors.As(err, &install)
}
