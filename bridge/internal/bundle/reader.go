package bundle

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// Reader reads a bundle from its begin to its end, once.
type Reader struct {
	Header Header
	path   string
	file   fs.File
	plain  io.Reader
	tar    *tar.Reader
}

// Open reads the header of the bundle of this name; nothing behind it is read. Every refusal is
// an *Error.
func Open(fsys fs.FS, name string) (*Reader, error) {
	file, err := fsys.Open(name)
	return start(file, name, err)
}

// OpenFile is Open for a file of the operating system.
func OpenFile(name string) (*Reader, error) {
	file, err := os.Open(name)
	return start(file, name, err)
}

func start(file fs.File, path string, err error) (*Reader, error) {
	if err != nil {
		return nil, &Error{Path: path, Kind: ErrNone, Err: reasonOf(err)}
	}
	r := &Reader{path: path, file: file}
	if err := r.readHeader(); err != nil {
		_ = file.Close()
		return nil, at(path, err)
	}
	return r, nil
}

// Close ends the reading.
func (r *Reader) Close() error { return r.file.Close() }

func (r *Reader) readHeader() (err error) {
	if info, err := r.file.Stat(); err == nil && info.IsDir() {
		return &Error{Kind: ErrNotOne, Reason: "it is a directory"}
	}
	if r.plain, err = decompress(r.file); err != nil {
		return err
	}
	r.tar = tar.NewReader(r.plain)
	text, err := r.note(headerName, maxHeader)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.Header); err != nil {
		return unreadable(fmt.Errorf("%s: %w", headerName, err))
	}
	return r.Header.check()
}

// note reads one of the two entries that are about the others.
func (r *Reader) note(name string, limit int64) ([]byte, error) {
	entry, err := r.tar.Next()
	switch {
	case err != nil:
		return nil, unreadable(early(err))
	case entry.Name != name && name == headerName:
		return nil, &Error{Kind: ErrNotOne, Reason: fmt.Sprintf("it begins with %q and not with %s", entry.Name, name), Fix: "make one with `mtok bundle`"}
	case entry.Name != name || entry.Typeflag != tar.TypeReg || entry.Size > limit:
		return nil, damaged("%q is where %s should be", entry.Name, name)
	}
	text, err := io.ReadAll(r.tar)
	if err != nil {
		return nil, unreadable(early(err))
	}
	return text, nil
}

// Extract writes the files of each tree below the root that into has for it; those of a tree
// without a root are read and verified all the same. What was written when there is an error is
// for the caller to remove. An *Error is about the bundle, any other about the place.
func (r *Reader) Extract(ctx context.Context, into map[string]*os.Root) error {
	return at(r.path, r.extract(ctx, into))
}

func (r *Reader) extract(ctx context.Context, into map[string]*os.Root) error {
	text, err := r.note(listName, maxList)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != r.Header.List {
		return damaged("the list of its files is not the one that its header names")
	}
	var files []File
	if err := json.Unmarshal(text, &files); err != nil {
		return unreadable(fmt.Errorf("%s: %w", listName, err))
	}
	if err := checkList(r.Header, files); err != nil {
		return err
	}
	buffer := make([]byte, 1<<20)
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := r.tar.Next()
		if err != nil {
			return unreadable(fmt.Errorf("at %s: %w", f.Path, early(err)))
		}
		if err := f.is(entry); err != nil {
			return err
		}
		tree := r.Header.tree(f.Path)
		if err := r.one(f, strings.TrimPrefix(f.Path, tree+"/"), into[tree], buffer); err != nil {
			return err
		}
	}
	return r.end(buffer)
}

// is compares what comes with what was announced.
func (f File) is(entry *tar.Header) error {
	kind, size := byte(tar.TypeReg), f.Size
	if f.Link != "" {
		kind, size = tar.TypeSymlink, 0
	}
	if entry.Name != f.Path || entry.Typeflag != kind || entry.Linkname != f.Link || entry.Size != size {
		return damaged("%q is where its list has %q", entry.Name, f.Path)
	}
	return nil
}

func (r *Reader) one(f File, rel string, root *os.Root, buffer []byte) error {
	if root != nil {
		if dir := path.Dir(rel); dir != "." {
			if err := root.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
	}
	if f.Link != "" {
		if root == nil {
			return nil
		}
		return root.Symlink(f.Link, rel)
	}
	sum := sha256.New()
	out := io.Writer(sum)
	var file *os.File
	if root != nil {
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		var err error
		if file, err = root.OpenFile(rel, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode); err != nil {
			return err
		}
		defer file.Close()
		out = io.MultiWriter(sum, file)
	}
	from := &source{r: r.tar}
	if _, err := io.CopyBuffer(struct{ io.Writer }{out}, from, buffer); err != nil {
		if from.err != nil {
			return unreadable(fmt.Errorf("at %s: %w", f.Path, early(from.err)))
		}
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return damaged("%s has the hash %s, and its list says %s", f.Path, got, f.SHA256)
	}
	if file == nil {
		return nil
	}
	if err := file.Close(); err != nil {
		return err
	}
	stamp := time.Unix(f.Time, 0)
	return root.Chtimes(rel, stamp, stamp)
}

// maxPadding is what may lie behind the end of an archive, which fills a block of a tape.
const maxPadding = 1 << 20

// end wants nothing behind the last file, and the checksum of the compression to be right.
func (r *Reader) end(buffer []byte) error {
	entry, err := r.tar.Next()
	switch {
	case err == nil:
		return damaged("%q is not on its list", entry.Name)
	case !errors.Is(err, io.EOF):
		return unreadable(early(err))
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(r.plain, maxPadding+1), buffer)
	switch {
	case err != nil:
		return unreadable(early(err))
	case n > maxPadding:
		return damaged("more than %d bytes lie behind its last file", maxPadding)
	}
	return nil
}

// source remembers that it was the reading that failed, and not the writing.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// early calls an end by its name where there should be none.
func early(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut off")
	}
	return err
}

func reasonOf(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
