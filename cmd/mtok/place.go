package main

import (
	"fmt"
	"os"
	"path/filepath"
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
