package pyenv

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Kinds of failed installation; errors.Is finds them in an *InstallError.
var (
	// ErrNoPackage is a package that the index does not have, or not for this Python.
	ErrNoPackage = errors.New("the index does not have a package of the lock")
	// ErrNetwork is an index that was not reached, or broke off.
	ErrNetwork = errors.New("the packages could not be fetched")
)

const (
	noPackageFix = "it has no wheel of that version for this Python and platform, or the index that pip is set to " +
		"(PIP_INDEX_URL, pip.conf) does not carry it: use an index that does, or another Python"
	noIndexFix = "pip is set to use no index (PIP_NO_INDEX, pip.conf): put the wheel in a directory of PIP_FIND_LINKS, or unset that"
	networkFix = "this is the network and not the lock: check the connection, the proxy (HTTPS_PROXY), the certificates (PIP_CERT) " +
		"and the index (PIP_INDEX_URL, pip.conf), and run it again"
)

var (
	mismatchHead = regexp.MustCompile(`(?m)^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:===?(\S+))? from (\S+).*:$`)
	mismatchWant = regexp.MustCompile(`(?m)^\s*Expected\s+(?:or\s+|(\S+)\s+)([0-9a-f]+)\s*$`)
	mismatchGot  = regexp.MustCompile(`(?m)^\s*Got\s+([0-9a-f]+)\s*$`)
	noMatch      = regexp.MustCompile(`No matching distribution found for (\S+)`)
	fromVersions = regexp.MustCompile(`\(from versions: ([^)]*)\)`)
	notFetched   = regexp.MustCompile(`(?m)Could not fetch URL (\S+): (.*?)(?: - skipping)?$`)
	brokenOff    = regexp.MustCompile(`(?m)^.*(?:ProtocolError|IncompleteRead|ReadTimeout|ConnectTimeout|ConnectionError|ConnectionResetError|` +
		`ProxyError|SSLError|MaxRetryError|NameResolutionError|HTTP error [45]\d\d|IncompleteDownloadError|` +
		`Connection (?:timed out|reset|aborted|broken)|is not a trusted or secure host).*$`)
)

// pipFailure says what went wrong from what pip printed and from its log, which
// alone says why an index page was passed over.
func pipFailure(out output, log string, settings pipSettings, err error) error {
	text := strings.TrimSpace(string(out.stderr))
	if at := strings.Index(text, "DO NOT MATCH THE HASHES"); at >= 0 {
		from := max(strings.LastIndexByte(text[:at], '\n'), 0)
		return mismatch(strings.TrimSpace(text[from:]))
	}
	if strings.Contains(text, "In --require-hashes mode") || strings.Contains(text, "Hashes are required") {
		return &IncompleteLockError{Reason: "pip says: " + text}
	}
	if text == "" {
		return &InstallError{Text: out.text(), Err: err}
	}
	failed := &InstallError{Text: output{stderr: out.stderr}.text(), Err: errors.Unwrap(err)}
	wanted := noMatch.FindStringSubmatch(text)
	if wanted == nil {
		if line := lastMatch(brokenOff, text); line != "" && !strings.Contains(strings.ToLower(text), "no space left") {
			failed.Kind, failed.Text, failed.Fix = ErrNetwork, strings.TrimSpace(line), networkFix
		}
		return failed
	}
	if reason := unreached(wanted[1], text, log); reason != "" {
		failed.Kind, failed.Text, failed.Fix = ErrNetwork, wanted[1]+": "+reason, networkFix
		return failed
	}
	failed.Kind, failed.Text, failed.Fix = ErrNoPackage, wanted[1], noPackageFix
	if m := fromVersions.FindStringSubmatch(text); m != nil {
		failed.Text += fmt.Sprintf(" (there: %s)", m[1])
	}
	if settings.noIndex() {
		failed.Fix = noIndexFix
	}
	return failed
}

// unreached says why the index could not be asked about the package; "" if it
// answered, be it with "not found".
func unreached(wanted, text, log string) string {
	name, _, _ := strings.Cut(wanted, "=")
	for _, m := range notFetched.FindAllStringSubmatch(log, -1) {
		about := strings.Contains(m[1], "/"+canonicalName(name)+"/") || strings.Contains(m[1], "/"+name+"/")
		if about && !strings.Contains(m[2], "404 Client Error") && !strings.HasPrefix(m[2], "file:") {
			return m[1] + ": " + m[2]
		}
	}
	if log == "" || strings.Contains(text, "not a trusted or secure host") {
		return strings.TrimSpace(lastMatch(brokenOff, text))
	}
	return ""
}

func mismatch(text string) *HashError {
	e := &HashError{Text: text}
	if m := mismatchHead.FindStringSubmatch(text); m != nil {
		e.Package, e.Version, e.URL = canonicalName(m[1]), m[2], m[3]
	}
	algorithm := ""
	for _, m := range mismatchWant.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			if algorithm != "" {
				break // the next package
			}
			algorithm = m[1]
		}
		e.Expected = append(e.Expected, algorithm+":"+m[2])
	}
	if m := mismatchGot.FindStringSubmatch(text); m != nil {
		e.Got = algorithm + ":" + m[1]
	}
	return e
}

func lastMatch(re *regexp.Regexp, text string) string {
	all := re.FindAllString(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
