package pyenv

import (
	"encoding/binary"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// expendable reports whether a compiled module that differs from the list does no
// harm: it is gone, or it is one that Python holds against its source, and makes
// anew if the source has another time. Earlier versions of this program left such
// ones. What compile makes is taken by Python as it is, and must be as listed.
func expendable(dir, rel, reason string, listed map[string]bool) bool {
	source := sourceOf(rel)
	return source != "" && listed[source] && (reason == "missing" || checkedBySource(dir, rel))
}

func checkedBySource(dir, rel string) bool {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(rel)))
	if err != nil {
		return false
	}
	defer file.Close()
	var head [8]byte // magic, flags
	_, err = io.ReadFull(file, head[:])
	return err == nil && binary.LittleEndian.Uint32(head[4:]) == 0
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
