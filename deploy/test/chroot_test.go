//go:build chroot

package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/stretchr/testify/require"
)

// The recipe is carried out without a container engine: each image is a directory, FROM
// copies one, and RUN is a command in a chroot. It takes root, debootstrap, the network,
// some minutes and 3 GB. The stages with vLLM are left out, for their 10 GB.
//
// MTOK_ROOTFS names a directory that debootstrap has made, so as not to make it again.

// layer is an image that is being made.
type layer struct {
	t    *testing.T
	dir  string
	env  map[string]string
	user string
	work string
	// entry and cmd are what a container of it runs.
	entry, cmd []string
}

func builtMtok(t *testing.T) *layer {
	t.Helper()
	require.Zero(t, os.Geteuid(), "chroot is for root")
	stages, args, _ := parsed(t, recipe(t))
	bases := map[string]string{}
	for _, a := range args {
		for _, kv := range a.Args {
			bases["${"+kv.Key+"}"] = *kv.Value
		}
	}
	debian := &layer{t: t, dir: debian(t), env: map[string]string{"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root"}, user: "0:0", work: "/"}
	done := map[string]*layer{}
	for _, s := range stages {
		if strings.Contains(s.Name, "vllm") {
			continue
		}
		var l *layer
		switch from := bases[s.BaseName]; {
		case strings.HasPrefix(from, "golang:"):
			l = debian.clone()
			l.addGo()
		case strings.HasPrefix(from, "debian:"):
			l = debian.clone()
		default:
			require.Contains(t, done, s.BaseName)
			l = done[s.BaseName].clone()
		}
		for _, c := range s.Commands {
			t.Logf("%s: %s", s.Name, c)
			l.carryOut(c, done)
		}
		done[s.Name] = l
	}
	return done["mtok"]
}

func debian(t *testing.T) string {
	if dir := os.Getenv("MTOK_ROOTFS"); dir != "" {
		return dir
	}
	dir := filepath.Join(t.TempDir(), "debian")
	command(t, "debootstrap", "--variant=minbase", "bookworm", dir)
	return dir
}

func (l *layer) clone() *layer {
	next := *l
	next.dir = filepath.Join(l.t.TempDir(), "root")
	next.env = map[string]string{}
	for key, value := range l.env {
		next.env[key] = value
	}
	command(l.t, "cp", "-a", "--reflink=auto", l.dir, next.dir)
	return &next
}

// addGo makes of Debian what the image golang is, with the Go of this machine.
func (l *layer) addGo() {
	l.run("apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev ca-certificates")
	goroot := strings.TrimSpace(command(l.t, "go", "env", "GOROOT"))
	command(l.t, "cp", "-a", goroot, filepath.Join(l.dir, "usr/local/go"))
	l.env["PATH"] = "/usr/local/go/bin:" + l.env["PATH"]
	l.env["GOTOOLCHAIN"], l.env["GOMODCACHE"], l.env["GOCACHE"] = "local", "/go/pkg/mod", "/root/.cache/go-build"
}

func (l *layer) carryOut(c instructions.Command, done map[string]*layer) {
	expand := func(word string) (string, error) {
		text, _, err := shell.NewLex('\\').ProcessWord(word, shell.EnvsFromSlice(l.environ()))
		return text, err
	}
	if e, ok := c.(instructions.SupportsSingleWordExpansion); ok {
		require.NoError(l.t, e.Expand(expand))
	}
	switch c := c.(type) {
	case *instructions.RunCommand:
		require.True(l.t, c.PrependShell)
		l.run(strings.Join(c.CmdLine, " "))
	case *instructions.CopyCommand:
		from := ""
		if c.From != "" {
			require.Contains(l.t, done, c.From)
			from = done[c.From].dir
		}
		l.copy(from, c.SourcePaths, c.DestPath)
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			l.env[kv.Key] = kv.Value
		}
	case *instructions.ArgCommand:
		for _, kv := range c.Args {
			l.env[kv.Key] = *kv.Value
		}
	case *instructions.UserCommand:
		l.user = c.User
	case *instructions.WorkdirCommand:
		l.work = c.Path
		require.NoError(l.t, os.MkdirAll(filepath.Join(l.dir, c.Path), 0o755))
	case *instructions.EntrypointCommand:
		l.entry = c.CmdLine
	case *instructions.CmdCommand:
		l.cmd = c.CmdLine
	case *instructions.LabelCommand, *instructions.ExposeCommand:
	default:
		require.Failf(l.t, "what is this?", "%T", c)
	}
}

// copy is COPY: what is copied belongs to root, and of a directory it is the content.
func (l *layer) copy(from string, sources []string, to string) {
	if !filepath.IsAbs(to) {
		to = filepath.Join(l.work, to) + strings.Repeat("/", strings.Count(to[len(to)-1:], "/"))
	}
	into := filepath.Join(l.dir, to)
	for _, source := range sources {
		path := filepath.Join(from, source)
		if from == "" {
			path = filepath.Join(seen(l.t), source)
		}
		stat, err := os.Stat(path)
		require.NoError(l.t, err)
		switch {
		case stat.IsDir():
			require.NoError(l.t, os.MkdirAll(into, 0o755))
			path += "/."
		case len(sources) > 1 || strings.HasSuffix(to, "/") || source == "." || to == l.work+"/":
			require.NoError(l.t, os.MkdirAll(into, 0o755))
		}
		command(l.t, "cp", "-a", "--no-preserve=ownership", path, into)
	}
}

// seen is the repository as the build sees it.
func seen(t *testing.T) string {
	matcher := ignored(t)
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "bin", "build"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		hidden, err := matcher.MatchesOrParentMatches(name)
		if err != nil || hidden {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	}))
	return dir
}

func (l *layer) environ() []string {
	var out []string
	for key, value := range l.env {
		out = append(out, key+"="+value)
	}
	return out
}

// run is RUN.
func (l *layer) run(script string) {
	more := []string{"DEBIAN_FRONTEND=noninteractive"}
	for _, kv := range os.Environ() { // how this machine reaches packages
		if strings.HasPrefix(kv, "PIP_") || strings.Contains(strings.ToLower(kv), "_proxy=") {
			more = append(more, kv)
		}
	}
	command(l.t, "unshare", l.inside(l.user, append(l.environ(), more...), l.mounts(), []string{"/bin/sh", "-c", script})...)
}

// mounts are what a build shares with this machine: the names of hosts, certificates, and
// what Go has downloaded.
func (l *layer) mounts() string {
	var b strings.Builder
	for from, to := range map[string]string{
		"/etc/resolv.conf": "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
		strings.TrimSpace(command(l.t, "go", "env", "GOMODCACHE")): l.env["GOMODCACHE"], strings.TrimSpace(command(l.t, "go", "env", "GOCACHE")): l.env["GOCACHE"],
	} {
		target := filepath.Join(l.dir, to)
		if stat, err := os.Stat(from); to == "" || err != nil {
			continue
		} else if stat.IsDir() {
			require.NoError(l.t, os.MkdirAll(target, 0o755))
		} else if _, err := os.Stat(target); err != nil && strings.Contains(to, "/ssl/") {
			continue // not installed yet
		}
		fmt.Fprintf(&b, "mount --bind %s %s && ", from, target)
	}
	return b.String()
}

// inside are the arguments of unshare for a command in the image, with mounts of its own.
func (l *layer) inside(user string, env []string, mounts string, command []string) []string {
	script := fmt.Sprintf(`set -e; mount --make-rprivate /; %s mount --bind /dev %[2]s/dev; mount -t proc none %[2]s/proc
exec chroot --userspec=%[3]s %[2]s /usr/bin/env -i -C %[4]s "$@"`, mounts, l.dir, user, l.work)
	return append(append([]string{"--mount", "sh", "-c", strings.ReplaceAll(script, "&&  mount", "&& mount"), "sh"}, env...), command...)
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s %q\n%s%s", name, args, out, stderr.String())
	return string(out)
}
