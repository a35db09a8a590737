package bundle

import (
	"io/fs"
	"path"
	"strings"
)

// File is a file or a link of a bundle.
type File struct {
	Path       string `json:"path"`
	Size       int64  `json:"size,omitempty"`
	Time       int64  `json:"time,omitempty"` // Unix seconds
	SHA256     string `json:"sha256,omitempty"`
	Link       string `json:"link,omitempty"`
	Executable bool   `json:"executable,omitempty"`
}

// checkList refuses a list that would write outside of the trees of the header, write a file
// twice, or write through a link. A link that is clean goes up only at its start, where every name is a
// directory: none can lead out through another.
func checkList(h Header, files []File) error {
	var bytes int64
	leaf := make(map[string]bool, len(files))
	for _, f := range files {
		switch {
		case !fs.ValidPath(f.Path) || strings.ContainsAny(f.Path, "\\\x00") || h.tree(f.Path) == "":
			return damaged("its list names %q, which is in none of its trees", f.Path)
		case leaf[f.Path]:
			return damaged("its list names %q twice", f.Path)
		case f.Size < 0:
			return damaged("the size of %q is negative", f.Path)
		case f.Link == "" && !hashRule.MatchString(f.SHA256):
			return damaged("the hash of %q is none", f.Path)
		case f.Link != "" && (f.Link != path.Clean(f.Link) || path.IsAbs(f.Link) || h.tree(path.Join(path.Dir(f.Path), f.Link)) == ""):
			return damaged("the link %q leads to %q, out of its trees", f.Path, f.Link)
		case f.Link != "" && f.Size != 0:
			return damaged("the link %q has a size", f.Path)
		}
		leaf[f.Path] = true
		bytes += f.Size
	}
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
			if leaf[dir] {
				return damaged("its list names %q, in %q, which is no directory", f.Path, dir)
			}
		}
	}
	if len(files) != h.Files || bytes != h.Bytes {
		return damaged("its list has %d files of %d bytes, and its header says %d of %d", len(files), bytes, h.Files, h.Bytes)
	}
	return nil
}

// tree is the tree that a path is in, or "".
func (h Header) tree(name string) string {
	for _, tree := range []string{h.Interpreter, h.Environment} {
		if strings.HasPrefix(name, tree+"/") {
			return tree
		}
	}
	return ""
}
