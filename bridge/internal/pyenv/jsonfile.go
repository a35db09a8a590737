package pyenv

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

func readJSON(path string, value any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, value)
}

// writeJSON replaces the file as a whole or not at all. One that is there keeps its
// mode and its owner: root, looking at the cache of another, must not lock him out.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".json-")
	if err != nil {
		return err
	}
	if _, err = file.Write(append(data, '\n')); err == nil {
		err = copyOwner(file, path)
	}
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

func copyOwner(file *os.File, path string) error {
	old, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if uid, gid, ok := sys.Owner(old); ok && uid != os.Geteuid() {
		if err := file.Chown(uid, gid); err != nil {
			return err
		}
	}
	return file.Chmod(old.Mode().Perm())
}
