package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
// hashes everything and also finds files that were added. Compiled modules may
// appear at any time and are not followed unless they are listed.
func checkManifest(dir, key string, full bool) ([]string, error) {
	var m manifest
	if err := readJSON(filepath.Join(dir, manifestName), &m); err != nil {
		return nil, err
	}
	if m.Key != key {
		return []string{fmt.Sprintf("it is of %s, not of %s", m.Key, key)}, nil
	}
	var differ []string
	known := make(map[string]bool, len(m.Files))
	for _, want := range m.Files {
		known[want.Path] = true
		if reason := compareFile(dir, want, full); reason != "" {
			differ = append(differ, want.Path+": "+reason)
		}
	}
	if !full {
		return differ, nil
	}
	err := walkFiles(dir, func(rel string, _ fs.FileInfo) error {
		if !known[rel] && !strings.HasSuffix(rel, ".pyc") {
			differ = append(differ, rel+": added")
		}
		return nil
	})
	return differ, err
}

func compareFile(dir string, want manifestFile, full bool) string {
	info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(want.Path)))
	if err != nil {
		return "missing"
	}
	got, err := describe(dir, want.Path, info)
	switch {
	case err != nil:
		return err.Error()
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
		return err.Error()
	case sum != want.SHA256:
		return "changed"
	}
	return ""
}

func describe(dir, rel string, info fs.FileInfo) (manifestFile, error) {
	entry := manifestFile{Path: rel}
	if info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(rel)))
		entry.Link = link
		return entry, err
	}
	if !info.Mode().IsRegular() {
		return entry, fmt.Errorf("%s is neither a file nor a link", rel)
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

func readJSON(path string, value any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, value)
}

// writeJSON replaces the file as a whole or not at all.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".json-")
	if err != nil {
		return err
	}
	_, err = file.Write(append(data, '\n'))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
