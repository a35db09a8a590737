package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const manifestName = ".manifest.json"

// manifest lists the files of a directory as they were when it was finished.
type manifest struct {
	Key   string         `json:"key"`
	Files []manifestFile `json:"files"`
}

type manifestFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size,omitempty"`
	Time   int64  `json:"time,omitempty"` // seconds: image layers keep no more
	SHA256 string `json:"sha256,omitempty"`
	Link   string `json:"link,omitempty"`
}

// writeManifest hashes everything below dir and stores the list in it.
func writeManifest(dir, key string) error {
	m := manifest{Key: key}
	err := walkFiles(dir, func(rel string, info fs.FileInfo) error {
		entry, err := describe(dir, rel, info)
		if err == nil {
			entry.SHA256, err = hashOf(dir, entry)
		}
		m.Files = append(m.Files, entry)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, manifestName), m)
}

// checkManifest compares dir with its list and returns the differences, or an
// error if there is no list to compare with. The quick way trusts a file that has
// its size and time; one that lost its time, as in a copy, is hashed. The full way
// hashes everything and also finds files that were added.
//
// Compiled modules may appear and go at any time: Python makes them from what is
// listed. A link that leads out of dir names a place, which may have changed; it is
// for linked to check.
func checkManifest(dir, key string, full bool) ([]string, error) {
	differ, _, err := examine(dir, key, full)
	return differ, err
}

// refreshManifest checks the quick way, and if files had lost their times and all is
// well it keeps those they have now, so that they are not hashed at every start. In
// a cache that cannot be written they are.
func (p *plan) refreshManifest(dir, key string) ([]string, error) {
	differ, fresh, err := examine(dir, key, false)
	if err != nil || len(differ) > 0 || fresh == nil {
		return differ, err
	}
	if err := writeJSON(filepath.Join(dir, manifestName), manifest{Key: key, Files: fresh}); err != nil {
		p.Logger.Warn("the files have lost their times and were all hashed, as they will be at every start: "+
			"copy the cache with times, or run `mtok setup` once where it can be written", "dir", dir, "reason", err)
	}
	return nil, nil
}

// examine is checkManifest; fresh is the list with the times that the files have
// now, if some are not what is listed.
func examine(dir, key string, full bool) (differ []string, fresh []manifestFile, err error) {
	var m manifest
	if err := readJSON(filepath.Join(dir, manifestName), &m); err != nil {
		return nil, nil, err
	}
	if m.Key != key {
		return []string{fmt.Sprintf("it is of %s, not of %s", m.Key, key)}, nil, nil
	}
	listed := make(map[string]bool, len(m.Files))
	for _, want := range m.Files {
		listed[want.Path] = true
	}
	reasons, fresh := compareFiles(dir, m.Files, full)
	for i, want := range m.Files {
		if reasons[i] != "" && !expendable(dir, want.Path, reasons[i], listed) {
			differ = append(differ, want.Path+": "+reasons[i])
		}
	}
	if !full {
		return differ, fresh, nil
	}
	err = walkFiles(dir, func(rel string, _ fs.FileInfo) error {
		if !listed[rel] && !strings.HasSuffix(rel, ".pyc") {
			differ = append(differ, rel+": added")
		}
		return nil
	})
	return differ, fresh, err
}

// compareFiles says for each file how it differs; "": not at all. If some had lost
// their times it also returns the list with the times they have now.
func compareFiles(dir string, files []manifestFile, full bool) (reasons []string, fresh []manifestFile) {
	reasons = make([]string, len(files))
	now := slices.Clone(files)
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				reasons[i] = compareFile(dir, &now[i], full)
			}
		})
	}
	group.Wait()
	if slices.Equal(files, now) {
		return reasons, nil
	}
	return reasons, now
}

// compareFile gives want the time of the file, if that is all that differs.
func compareFile(dir string, want *manifestFile, full bool) string {
	info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(want.Path)))
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	if err != nil {
		return unreadable(err)
	}
	got, err := describe(dir, want.Path, info)
	switch {
	case err != nil:
		return unreadable(err)
	case want.Link != "" && got.Link != "" && leadsOut(want.Link):
		return ""
	case got.Link != want.Link || got.Size != want.Size:
		return "changed"
	case want.Link != "":
		return ""
	case !full && got.Time == want.Time:
		return ""
	}
	sum, err := hashOf(dir, got)
	switch {
	case err != nil:
		return unreadable(err)
	case sum != want.SHA256:
		return "changed"
	}
	want.Time = got.Time
	return ""
}

// unreadable is short, so that many of them can be counted.
func unreadable(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// leadsOut reports whether a link leads out, if it is at most one directory deep, as all of ours are.
func leadsOut(link string) bool {
	return filepath.IsAbs(link) || strings.HasPrefix(link, "../..")
}

func describe(dir, rel string, info fs.FileInfo) (manifestFile, error) {
	entry := manifestFile{Path: rel}
	if info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(rel)))
		entry.Link = link
		return entry, err
	}
	if !info.Mode().IsRegular() {
		return entry, errors.New("neither a file nor a link")
	}
	entry.Size, entry.Time = info.Size(), info.ModTime().Unix()
	return entry, nil
}

func hashOf(dir string, entry manifestFile) (string, error) {
	if entry.Link != "" {
		return "", nil
	}
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(entry.Path)))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// walkFiles visits files and links in a fixed order; hidden names at the top are
// our own notes.
func walkFiles(dir string, visit func(rel string, info fs.FileInfo) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(rel, ".") && !strings.ContainsRune(rel, filepath.Separator) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(rel), info)
	})
}
