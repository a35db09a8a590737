package pyenv

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// requirement is one line of the lock: exactly one version.
type requirement struct {
	name, version string
	marker        string   // when it applies; empty means always
	extras        []string // what it was asked for with, for the proof that all is there
}

var (
	lockLine  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*={2,3}\s*([A-Za-z0-9][A-Za-z0-9._+!-]*)\s*(?:;\s*(.*?))?\s*$`)
	nameRuns  = regexp.MustCompile(`[-_.]+`)
	hashParts = regexp.MustCompile(`\s--hash[=\s]\s*(\S+)`)
	// pip knows others too, and refuses them where hashes are required.
	goodHash = regexp.MustCompile(`^sha(256|384|512):[0-9A-Fa-f]+$`)
	// What these name is neither pinned here nor hashed, and is not in reach: the
	// lock is installed from a copy.
	elsewhere = regexp.MustCompile(`^(-r|--requirement|-c|--constraint|-e|--editable)([\s=./A-Za-z0-9]|$)`)
)

// parseLock reads a lock as far as we need it. What is not pinned with a hash is
// refused with an *IncompleteLockError, before anything is fetched.
func parseLock(text []byte) ([]requirement, error) {
	var lock []requirement
	always := map[string]string{}
	for _, l := range lockLines(string(text)) {
		refuse := func(format string, args ...any) error {
			return &IncompleteLockError{Line: l.number, Text: shorten(l.text, 80), Reason: fmt.Sprintf(format, args...)}
		}
		if elsewhere.MatchString(l.text) {
			return nil, refuse("it leads to requirements outside of the lock")
		}
		if strings.HasPrefix(l.text, "-") {
			continue
		}
		hashes := hashParts.FindAllStringSubmatch(l.text, -1)
		m := lockLine.FindStringSubmatch(strings.TrimSpace(hashParts.ReplaceAllString(l.text, "")))
		if m == nil {
			return nil, refuse("it is not of the form name==version")
		}
		r := requirement{name: canonicalName(m[1]), version: m[3], marker: m[4], extras: splitExtras(m[2])}
		if len(hashes) == 0 {
			return nil, refuse("%s==%s has no hash", m[1], m[3])
		}
		for _, h := range hashes {
			if !goodHash.MatchString(h[1]) {
				return nil, refuse("%s is no sha256, sha384 or sha512", shorten(h[1], 40))
			}
		}
		if other, ok := always[r.name]; r.marker == "" && ok && other != r.version {
			return nil, refuse("%s is there as %s, too", m[1], other)
		}
		if r.marker == "" {
			always[r.name] = r.version
		}
		lock = append(lock, r)
	}
	if len(lock) == 0 {
		return nil, &IncompleteLockError{Reason: "it names no package"}
	}
	return lock, nil
}

var pinned = regexp.MustCompile(`(?m)^(\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*)==(\s*[A-Za-z0-9])`)

// exactly is the lock with === for ==: that version and no local one of it.
func exactly(lock []byte) []byte { return pinned.ReplaceAll(lock, []byte("$1===$2")) }

// pins reports whether the lock names just this version of the package.
func (p *plan) pins(name, version string) bool {
	return slices.ContainsFunc(p.lock, func(r requirement) bool { return r.name == name && r.version == version })
}

// lockLines joins what is continued and drops comments and what is empty.
func lockLines(text string) []numbered {
	var all []numbered
	var open *numbered
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if open == nil {
			open = &numbered{number: number}
		}
		part, more := strings.CutSuffix(line, "\\")
		if at := strings.Index(" "+part, " #"); at >= 0 {
			part, more = part[:at], false
		}
		open.text += " " + part
		if !more {
			all, open = append(all, *open), nil
		}
	}
	if open != nil {
		all = append(all, *open)
	}
	kept := all[:0]
	for _, l := range all {
		if l.text = strings.TrimSpace(l.text); l.text != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

// numbered is a logical line and where it begins, from 1.
type numbered struct {
	number int
	text   string
}

func splitExtras(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// canonicalName is the form in which package names are compared.
func canonicalName(name string) string {
	return strings.ToLower(nameRuns.ReplaceAllString(name, "-"))
}

// compareLock says how what is installed differs from the lock, in words. A line
// with a marker may be absent: whether it applies was for pip to decide.
func compareLock(lock []requirement, installed map[string]string) []string {
	allowed := map[string][]string{}
	always := map[string]bool{}
	for _, r := range lock {
		allowed[r.name] = append(allowed[r.name], r.version)
		always[r.name] = always[r.name] || r.marker == ""
	}
	var problems []string
	for name, versions := range allowed {
		got, ok := installed[name]
		switch want := strings.Join(versions, " or "); {
		case !ok && always[name]:
			problems = append(problems, fmt.Sprintf("%s %s is not installed", name, want))
		case ok && !containsVersion(versions, got):
			problems = append(problems, fmt.Sprintf("%s is %s, the lock says %s", name, got, want))
		}
	}
	for name, version := range installed {
		if allowed[name] == nil {
			problems = append(problems, fmt.Sprintf("%s %s is not in the lock", name, version))
		}
	}
	sort.Strings(problems)
	return problems
}

func containsVersion(versions []string, got string) bool {
	public, _, _ := strings.Cut(got, "+")
	for _, v := range versions {
		// A version without a local part allows every local part.
		if canonicalVersion(v) == canonicalVersion(got) || canonicalVersion(v) == canonicalVersion(public) {
			return true
		}
	}
	return false
}

// canonicalVersion makes "2024.01.0" and "2024.1" equal: resolvers write one and
// packages the other.
func canonicalVersion(v string) string {
	parts := strings.Split(strings.ToLower(strings.TrimPrefix(v, "v")), ".")
	for i, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 64); err == nil {
			parts[i] = strconv.FormatUint(n, 10)
		}
	}
	for len(parts) > 1 && parts[len(parts)-1] == "0" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

func shorten(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
