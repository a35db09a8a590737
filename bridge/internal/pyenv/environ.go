package pyenv

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

var errNotDir = syscall.ENOTDIR

// getenv looks a variable up in an environment list; the last one wins, as in
// os/exec.
func getenv(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// expandHome puts the home directory in the place of a ~ that no shell has expanded, as in a
// Dockerfile or a unit of systemd: a directory of the name "~" is what nobody means. One that
// is meant is written ./~.
func expandHome(path string, environ []string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok {
		return path, nil
	}
	if rest != "" && rest[0] != filepath.Separator {
		return path, errors.New("it begins with the home directory of another user, which only a shell expands: write it in full")
	}
	home := getenv(environ, "HOME")
	if !filepath.IsAbs(home) {
		return path, errors.New("it begins with ~, and HOME names no directory: write it in full")
	}
	return home + rest, nil
}

// scrub removes what steers a Python from outside: PYTHONHOME of another version
// is fatal to it, PYTHONPATH shows it packages that the embedded one will not see.
func scrub(environ []string) []string {
	kept := make([]string, 0, len(environ))
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "PYTHON") && !strings.HasPrefix(entry, "__PYVENV_LAUNCHER__=") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// imports are the variables by which somebody may have meant to give Python packages, or a
// standard library. PYTHONUNBUFFERED, an image's PYTHON_VERSION and their like change nothing
// here, and PYTHONSTARTUP is for prompts alone.
var imports = []string{"PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONUSERBASE"}

// Ignored are the names of the variables that scrub removes and that would change what is
// imported, of this process if environ is nil.
func Ignored(environ []string) (names []string) {
	if environ == nil {
		environ = os.Environ()
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && slices.Contains(imports, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lookPath finds a program on the PATH of environ, which need not be that of this
// process. Relative entries are passed over, as os/exec does.
func lookPath(name string, environ []string) (string, error) {
	for _, dir := range filepath.SplitList(getenv(environ, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}
