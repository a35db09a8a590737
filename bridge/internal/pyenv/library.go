package pyenv

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// findLibrary returns the first shared libpython of the interpreter that is really
// there, and all the paths it looked at. LIBDIR alone cannot be trusted: builds
// that were moved after compilation report the directory of the build machine.
func findLibrary(i *Interpreter) (string, []string) {
	var tried []string
	for _, path := range libraryCandidates(i) {
		if slices.Contains(tried, path) {
			continue
		}
		tried = append(tried, path)
		if isSharedLibrary(path, i.PointerBits) {
			return path, tried
		}
	}
	return "", tried
}

func libraryCandidates(i *Interpreter) []string {
	dirs := []string{i.LibDir, filepath.Join(i.BasePrefix, "lib"), i.LibPL}
	if i.BaseExecutable != "" {
		if real, err := filepath.EvalSymlinks(i.BaseExecutable); err == nil {
			dirs = append(dirs, filepath.Join(filepath.Dir(real), "..", "lib"))
		}
	}
	var paths []string
	for _, name := range libraryNames(i) {
		for _, dir := range dirs {
			if dir != "" {
				paths = append(paths, filepath.Join(dir, name))
			}
		}
	}
	if i.Framework != "" {
		paths = append(paths, i.Framework)
	}
	return paths
}

// libraryNames gives what sysconfig says first. The usual names follow because
// some distributions link the executable statically, report the archive, and ship
// the shared library all the same.
func libraryNames(i *Interpreter) []string {
	var names []string
	add := func(name string) {
		if name != "" && !strings.HasSuffix(name, ".a") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(filepath.Base(i.InstSoName))
	add(filepath.Base(i.LdLibrary))
	stem := fmt.Sprintf("libpython%d.%d%s", i.VersionInfo[0], i.VersionInfo[1], i.ABIFlags)
	if runtime.GOOS == "darwin" {
		add(stem + ".dylib")
	} else {
		add(stem + ".so.1.0")
		add(stem + ".so")
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "." })
}

// isSharedLibrary also refuses a library of the wrong word size, which dlopen
// would report in a less readable way.
func isSharedLibrary(path string, bits int) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if runtime.GOOS == "darwin" {
		return true
	}
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	class := elf.ELFCLASS64
	if bits == 32 {
		class = elf.ELFCLASS32
	}
	return file.Type == elf.ET_DYN && file.Class == class
}

func explainNoLibrary(i *Interpreter, tried []string) (detail, fix string) {
	detail = fmt.Sprintf("looked at %s", strings.Join(tried, ", "))
	minor := fmt.Sprintf("%d.%d", i.VersionInfo[0], i.VersionInfo[1])
	const bundled = "or use the bundled interpreter (`mtok setup`)"
	switch {
	case strings.Contains(i.BasePrefix, "pyenv"):
		fix = fmt.Sprintf("build it again with PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force %s, %s", i.Version, bundled)
	case i.BasePrefix == "/usr":
		fix = fmt.Sprintf("install the package libpython%s (Debian, Ubuntu) or python3-libs (Fedora), %s", minor, bundled)
	default:
		fix = "use a Python configured with --enable-shared (pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared; Debian: package libpython" +
			minor + "), " + bundled
	}
	if !i.Shared {
		detail = "it is a static build; " + detail
	}
	return detail, fix
}
