package pyenv

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
)

// pipReach are the settings of pip that say how packages are reached: mirrors,
// proxies, certificates, patience. They are all that is taken over from the user.
// Anything else could send the packages elsewhere, or choose others than the lock.
var pipReach = []string{
	"index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "trusted-host",
	"proxy", "cert", "client-cert", "keyring-provider", "timeout", "default-timeout", "retries", "resume-retries",
	"use-feature", "use-deprecated",
}

// pipTrust are the values of use-feature and use-deprecated that choose where
// certificates are looked up; the others change how pip works.
var pipTrust = []string{"truststore", "legacy-certs"}

// pipAside are the settings that add places beside the index.
var pipAside = []string{"extra-index-url", "find-links"}

// pipSettings are those of pipReach, from pip's files and from PIP_*.
type pipSettings map[string]string

// settings asks pip for what its files say, and adds PIP_*, which goes before.
// Files that pip cannot read do not count.
func (p *plan) settings(ctx context.Context, python, pip string) (pipSettings, error) {
	found := pipSettings{}
	asked := slices.DeleteFunc(scrub(p.Environ), func(entry string) bool {
		return strings.HasPrefix(entry, "PIP_") && !strings.HasPrefix(entry, "PIP_CONFIG_FILE=")
	})
	// A file may say "quiet"; -vvv outdoes it.
	out, err := run(ctx, command{
		path:    python,
		args:    []string{"-I", "-X", "utf8", pip, "config", "list", "-vvv", "--no-color", "--disable-pip-version-check"},
		environ: asked,
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.Logger.Warn("pip's configuration files were not read", "reason", err, "output", out.text())
	}
	for _, section := range []string{"global", "install"} {
		for line := range strings.Lines(string(out.stdout)) {
			if m := pipConfigLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil && m[1] == section {
				found.set(m[2], pipUnquote(m[3]))
			}
		}
	}
	for _, entry := range p.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if key, ok := strings.CutPrefix(name, "PIP_"); ok {
			found.set(strings.ReplaceAll(strings.ToLower(key), "_", "-"), value)
		}
	}
	return found, nil
}

func (s pipSettings) set(key, value string) {
	if key == "use-feature" || key == "use-deprecated" {
		value = strings.Join(slices.DeleteFunc(strings.Fields(value), func(word string) bool {
			return !slices.Contains(pipTrust, word)
		}), " ")
	}
	// To pip, too, an empty value is none.
	if value != "" && slices.Contains(pipReach, key) {
		s[key] = value
	}
}

// aside says whether there are places beside the index, and without returns the
// settings without them.
func (s pipSettings) aside() bool {
	return slices.ContainsFunc(pipAside, func(key string) bool { return s[key] != "" }) && !s.noIndex()
}

func (s pipSettings) without() pipSettings {
	rest := pipSettings{}
	for key, value := range s {
		if !slices.Contains(pipAside, key) {
			rest[key] = value
		}
	}
	return rest
}

func (s pipSettings) noIndex() bool {
	return slices.Contains([]string{"1", "y", "yes", "t", "true", "on"}, strings.ToLower(s["no-index"]))
}

// environ is what pip is to see: these settings and no files.
func (s pipSettings) environ(environ []string, temp string) []string {
	kept := slices.DeleteFunc(scrub(environ), func(entry string) bool {
		return strings.HasPrefix(entry, "PIP_") || strings.HasPrefix(entry, "TMPDIR=")
	})
	for key, value := range s {
		kept = append(kept, "PIP_"+strings.ToUpper(strings.ReplaceAll(key, "-", "_"))+"="+strings.Join(strings.Fields(value), " "))
	}
	// Downloads go to the file system of the cache: /tmp is often small.
	return append(kept, "PIP_CONFIG_FILE="+os.DevNull, "TMPDIR="+temp)
}

// pipConfigLine is a line of `pip config list`: section.key='value', where the
// value is written as Python writes a string.
var pipConfigLine = regexp.MustCompile(`^([a-z]+)\.([a-z-]+)=(['"].*['"])$`)

var pipEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\n`, "\n", `\t`, "\t", `\r`, "\r")

func pipUnquote(text string) string { return pipEscapes.Replace(text[1 : len(text)-1]) }
