package pyenv

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
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

// settings reads pip's files, and adds PIP_*, which goes before. What cannot be
// read of the files does not count.
func (p *plan) settings(ctx context.Context, python, pip string) (pipSettings, error) {
	files, err := p.pipFiles(ctx, python, pip)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.Logger.Warn("pip's configuration files were not read", "reason", err)
	}
	for _, problem := range files.Problems {
		p.Logger.Warn("one of pip's configuration files was not read to its end", "reason", problem)
	}
	found := pipSettings{}
	for _, section := range []string{"global", "install"} {
		for _, entry := range files.Settings {
			if entry[0] == section {
				found.set(entry[1], entry[2])
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

//go:embed pipconfig.py
var pipFilesScript string

const pipFilesMark = "pyenv-pipconfig:"

// pipFiles is what pip's configuration files hold, a later entry before an earlier.
type pipFiles struct {
	Settings [][3]string `json:"settings"` // section, name as pip has it, value
	Problems []string    `json:"problems"`
}

func (p *plan) pipFiles(ctx context.Context, python, pip string) (files pipFiles, err error) {
	asked := slices.DeleteFunc(scrub(p.Environ), func(entry string) bool {
		return strings.HasPrefix(entry, "PIP_") && !strings.HasPrefix(entry, "PIP_CONFIG_FILE=")
	})
	out, err := run(ctx, command{
		path:    python,
		args:    []string{"-I", "-X", "utf8", "-c", pipFilesScript, filepath.Dir(pip)},
		environ: asked,
	})
	if err != nil {
		return files, fmt.Errorf("%w: %s", err, out.text())
	}
	return files, answerOf(out, pipFilesMark, &files)
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
