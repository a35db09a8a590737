// Package pyshim carries the Python side of the bridge inside the Go program.
// The sources never touch a disk: the embedded interpreter imports them from
// memory (see bootstrap.py).
package pyshim

import (
	"embed"
	"io/fs"
)

//go:embed *.py
var files embed.FS

// Bootstrap is the name of the source that is run first.
const Bootstrap = "bootstrap.py"

// Sources returns every Python source by its path as an import sees it,
// "pyshim/dispatch.py", and the text of the bootstrap, which is not among them.
func Sources() (sources map[string]string, bootstrap string, err error) {
	names, err := fs.Glob(files, "*.py")
	if err != nil {
		return nil, "", err
	}
	sources = make(map[string]string, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, "", err
		}
		if name == Bootstrap {
			bootstrap = string(text)
			continue
		}
		sources["pyshim/"+name] = string(text)
	}
	return sources, bootstrap, nil
}
