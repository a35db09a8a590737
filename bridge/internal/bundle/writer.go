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
	"os"
	"path/filepath"
	"time"
)

// Place says where a file of a bundle is.
type Place func(File) string

// Write writes a bundle of the files, uncompressed. It fails if a file is not, any more, what the
// list says; what was written by then is no bundle. Equal files give equal bytes.
func Write(ctx context.Context, w io.Writer, h Header, files []File, place Place) (Header, error) {
	h.Shape, h.Files, h.Bytes = Shape, len(files), 0
	for _, f := range files {
		h.Bytes += f.Size
	}
	list, err := json.Marshal(files)
	if err != nil {
		return h, err
	}
	sum := sha256.Sum256(list)
	h.List = hex.EncodeToString(sum[:])
	if err := errors.Join(h.check(), checkList(h, files)); err != nil {
		return h, err
	}
	head, err := json.Marshal(h)
	if err != nil {
		return h, err
	}
	out := tar.NewWriter(w)
	for _, note := range []struct {
		name string
		text []byte
	}{{headerName, head}, {listName, list}} {
		if err := out.WriteHeader(&tar.Header{Name: note.name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(note.text)), Format: tar.FormatPAX}); err != nil {
			return h, err
		}
		if _, err := out.Write(note.text); err != nil {
			return h, err
		}
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return h, err
		}
		if err := write(out, f, place(f)); err != nil {
			return h, err
		}
	}
	return h, out.Close()
}

func write(out *tar.Writer, f File, path string) error {
	entry := &tar.Header{Name: f.Path, Typeflag: tar.TypeReg, Mode: 0o644, Size: f.Size, ModTime: time.Unix(f.Time, 0), Format: tar.FormatPAX}
	if f.Executable {
		entry.Mode = 0o755
	}
	if f.Link != "" {
		entry.Typeflag, entry.Linkname, entry.Mode = tar.TypeSymlink, f.Link, 0o777
		return out.WriteHeader(entry)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := out.WriteHeader(entry); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(file, f.Size))
	if err != nil {
		return err
	}
	if n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%s is not as it was installed", path)
	}
	return nil
}

// Describe makes the entry of a file that is on no list yet.
func Describe(name, path string) (File, error) {
	f := File{Path: name}
	info, err := os.Lstat(path)
	if err != nil {
		return f, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	sum := sha256.Sum256(text)
	f.Size, f.Time, f.SHA256 = int64(len(text)), info.ModTime().Unix(), hex.EncodeToString(sum[:])
	f.Executable = info.Mode()&0o111 != 0
	return f, nil
}

// Below is the Place of files whose trees are below a directory.
func Below(dir string) Place {
	return func(f File) string { return filepath.Join(dir, filepath.FromSlash(f.Path)) }
}
