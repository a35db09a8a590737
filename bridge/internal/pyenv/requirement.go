package pyenv

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// requirement is one line of the lock: exactly one version.
type requirement struct {
	name, version string
	marker        string // when it applies; empty means always
}

var (
	lockLine  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;]+)\s*(?:;\s*(.*?))?\s*$`)
	nameRuns  = regexp.MustCompile(`[-_.]+`)
	hashParts = regexp.MustCompile(`\s--hash[=\s]\S+`)
)

// parseLock reads a lock as far as we need it; what it means is pip's business.
// A line that is not pinned with a hash is refused before pip starts.
func parseLock(text []byte) ([]requirement, error) {
	joined := strings.NewReplacer("\\\r\n", " ", "\\\n", " ").Replace(string(text))
	var lock []requirement
	for line := range strings.Lines(joined) {
		if at := strings.Index(" "+line, " #"); at >= 0 {
			line = line[:at]
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "-") {
			continue
		}
		hashes := hashParts.FindAllString(line, -1)
		m := lockLine.FindStringSubmatch(strings.TrimSpace(hashParts.ReplaceAllString(line, "")))
		if m == nil {
			return nil, fmt.Errorf("lock: %q is not of the form name==version", shorten(line, 80))
		}
		if len(hashes) == 0 {
			return nil, &HashError{Text: "lock: " + m[1] + "==" + m[2] + " has no hash"}
		}
		lock = append(lock, requirement{canonicalName(m[1]), m[2], m[3]})
	}
	if len(lock) == 0 {
		return nil, fmt.Errorf("lock: it names no package")
	}
	return lock, nil
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
