package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// checkPlace looks before the work whether there is a directory for what it is to write.
func checkPlace(flag, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	if !info.IsDir() {
		return usageError{fmt.Errorf("%s: %s is no directory", flag, filepath.Dir(path))}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usageError{fmt.Errorf("%s: %s is a directory", flag, path)}
	}
	return nil
}

// holds reports whether a directory, or prefix of objects, is another or has it inside.
func holds(outer, inner string) bool {
	if object.IsURL(outer) || object.IsURL(inner) {
		u, err := object.Parse(outer)
		v, failed := object.Parse(inner)
		return err == nil && failed == nil && u.Holds(v)
	}
	way, err := filepath.Rel(resolved(outer), resolved(inner))
	return err == nil && way != ".." && !strings.HasPrefix(way, "../")
}

// resolved is a path without symbolic links, as far as there is something.
func resolved(path string) string {
	path, _ = filepath.Abs(path)
	for at, rest := path, ""; ; at = filepath.Dir(at) {
		if there, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(there, rest)
		}
		if at == filepath.Dir(at) {
			return path
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}
