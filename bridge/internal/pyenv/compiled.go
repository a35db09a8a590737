package pyenv

import (
	"encoding/binary"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// expendable tells whether a compiled module that differs from the list does no
// harm: it is gone, and Python makes it anew, or Python has made it anew, because
// it goes by the time of the source and the source has another one than when the
// list was made. The latter is for environments of earlier versions of this
// program: what compile makes is taken by Python as it is, and must be as listed.
func expendable(dir, rel, reason string, built map[string]int64) bool {
	source := sourceOf(rel)
	made, listed := built[source]
	if source == "" || !listed {
		return false
	}
	if reason == "missing" {
		return true
	}
	time, ok := compiledByTime(dir, rel)
	return ok && time != uint32(made)
}

// compiledByTime tells whether Python compares the compiled module with the time of
// its source, and the time that it was compiled for.
func compiledByTime(dir, rel string) (time uint32, ok bool) {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(rel)))
	if err != nil {
		return 0, false
	}
	defer file.Close()
	var head [16]byte // magic, flags, time and size of the source
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return 0, false
	}
	return binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[4:]) == 0
}

// retimed is the list with the times that the files have now. Compiled modules that
// Python will make anew for them are dropped.
func retimed(dir string, files []manifestFile) []manifestFile {
	return slices.DeleteFunc(files, func(f manifestFile) bool {
		if sourceOf(f.Path) == "" {
			return false
		}
		_, byTime := compiledByTime(dir, f.Path)
		return byTime
	})
}

// sourceOf turns a/__pycache__/b.cpython-314.pyc into a/b.py, and anything else
// into "".
func sourceOf(rel string) string {
	dir, name := path.Split(rel)
	parent, cached := strings.CutSuffix(dir, "__pycache__/")
	stem, _, tagged := strings.Cut(name, ".")
	if !cached || !tagged || !strings.HasSuffix(name, ".pyc") {
		return ""
	}
	return parent + stem + ".py"
}
