package pyenv

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DamagedError is an environment with a file that would end the process: a shared library that
// is cut off is mapped all the same, and reading behind its end is a SIGBUS, which is no
// exception that Python could raise.
type DamagedError struct {
	Path   string // the file
	Reason string
	Fix    string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %s; %s", e.Path, e.Reason, e.Fix)
}

// isLibrary reports by its name whether a file may be loaded: x.so, x.so.1, x.cpython-314-….so.
func isLibrary(name string) bool {
	return strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.")
}

// libraries are the shared libraries of a manifest, by path, with their sizes.
func (m *manifest) libraries() map[string]int64 {
	found := map[string]int64{}
	for _, f := range m.Files {
		if f.Link == "" && isLibrary(filepath.Base(f.Path)) {
			found[f.Path] = f.Size
		}
	}
	return found
}

// checkSizes compares the libraries below dir with their sizes when it was built; the full
// comparison is for Verify.
func checkSizes(dir string, sizes map[string]int64) error {
	const fix = "run `mtok setup` where the network is, or delete %s and copy it again"
	for rel, want := range sizes {
		path := filepath.Join(dir, filepath.FromSlash(rel))
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return &DamagedError{Path: path, Reason: unreadable(err), Fix: fmt.Sprintf(fix, dir)}
		case info.Size() != want:
			return &DamagedError{
				Path: path, Reason: fmt.Sprintf("it has %d bytes, and had %d when it was installed", info.Size(), want), Fix: fmt.Sprintf(fix, dir),
			}
		}
	}
	return nil
}

// checkLibraries looks whether what the libraries below dir say that is to be mapped of them is
// in them. It is for an environment that is not ours, of which nobody has noted any sizes.
func checkLibraries(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isLibrary(d.Name()) {
			return nil // what cannot be read will not be loaded either
		}
		return checkLibrary(path)
	})
}

func checkLibrary(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if end := mappedEnd(file); end > info.Size() {
		return &DamagedError{
			Path: path, Reason: fmt.Sprintf("it is cut off: it has %d bytes, and what is loaded of it reaches to %d", info.Size(), end),
			Fix: "install the package that it belongs to again",
		}
	}
	return nil
}

// mappedEnd is where the last part ends that is mapped of a 64-bit ELF file; 0 of any other
// file, which no loader takes. Package elf wants the sections, too, which stand at the end.
func mappedEnd(file io.ReaderAt) (last int64) {
	var head elf.Header64
	if binary.Read(io.NewSectionReader(file, 0, int64(binary.Size(head))), binary.LittleEndian, &head) != nil ||
		string(head.Ident[:4]) != elf.ELFMAG || head.Ident[elf.EI_CLASS] != byte(elf.ELFCLASS64) {
		return 0
	}
	for i := range int64(head.Phnum) {
		var p elf.Prog64
		at := int64(head.Phoff) + i*int64(head.Phentsize)
		if binary.Read(io.NewSectionReader(file, at, int64(binary.Size(p))), binary.LittleEndian, &p) != nil {
			return last
		}
		if elf.ProgType(p.Type) == elf.PT_LOAD {
			last = max(last, int64(p.Off+p.Filesz))
		}
	}
	return last
}
