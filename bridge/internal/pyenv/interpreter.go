package pyenv

import (
	"fmt"
	"strings"
)

// MinVersion is the oldest Python that mistral-common supports.
var MinVersion = [2]int{3, 11}

// Interpreter is what a Python says about itself, plus the library we found for it.
type Interpreter struct {
	Executable     string            `json:"executable"`      // sys.executable
	Version        string            `json:"version"`         // "3.14.6"
	VersionInfo    [3]int            `json:"version_info"`    // major, minor, micro
	FullVersion    string            `json:"full_version"`    // sys.version
	Implementation string            `json:"implementation"`  // "cpython"
	Prefix         string            `json:"prefix"`          // sys.prefix
	BasePrefix     string            `json:"base_prefix"`     // sys.base_prefix
	ExecPrefix     string            `json:"exec_prefix"`     // sys.exec_prefix
	BaseExecutable string            `json:"base_executable"` // the python behind a virtual environment
	ABIFlags       string            `json:"abiflags"`
	Platform       string            `json:"platform"` // sysconfig.get_platform()
	PointerBits    int               `json:"pointer_bits"`
	LibDir         string            `json:"libdir"`        // sysconfig LIBDIR
	InstSoName     string            `json:"instsoname"`    // sysconfig INSTSONAME
	LdLibrary      string            `json:"ldlibrary"`     // sysconfig LDLIBRARY
	LibPL          string            `json:"libpl"`         // sysconfig LIBPL
	Framework      string            `json:"framework"`     // sysconfig PYTHONFRAMEWORKPREFIX/PYTHONFRAMEWORK
	Shared         bool              `json:"enable_shared"` // sysconfig Py_ENABLE_SHARED
	GILDisabled    bool              `json:"gil_disabled"`  // sysconfig Py_GIL_DISABLED
	SitePackages   string            `json:"site_packages"` // sysconfig purelib
	Pip            string            `json:"pip"`           // what to run as pip: a directory, or a path into a wheel
	Packages       map[string]string `json:"packages"`      // distribution name to version
	ImportErrors   map[string]string `json:"import_errors"` // distribution name to what is wrong with it
	Installed      map[string]string `json:"installed,omitempty"`
	Library        string            `json:"library"` // libpython, found by us
}

// Missing says why mistral-common cannot be imported, or "" if it seems it can.
func (i *Interpreter) Missing() string {
	const name = "mistral-common"
	if reason := i.ImportErrors[name]; reason != "" {
		return name + ": " + reason
	}
	if i.Packages[name] == "" {
		return name + " is not installed"
	}
	return ""
}

// String is one line for logs.
func (i *Interpreter) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s at %s", i.Implementation, i.Version, i.Executable)
	if v := i.Packages["mistral-common"]; v != "" {
		fmt.Fprintf(&b, " with mistral-common %s", v)
	}
	return b.String()
}

func (i *Interpreter) atLeast(v [2]int) bool {
	return i.VersionInfo[0] > v[0] || i.VersionInfo[0] == v[0] && i.VersionInfo[1] >= v[1]
}
