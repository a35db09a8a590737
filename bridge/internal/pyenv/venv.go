package pyenv

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// writeVenv lays out a virtual environment the way `python -m venv --without-pip`
// does, without the parts that name the directory itself: it is moved afterwards.
func writeVenv(dir, executable string, i *Interpreter) error {
	minor := fmt.Sprintf("python%d.%d", i.VersionInfo[0], i.VersionInfo[1])
	for _, sub := range []string{"bin", filepath.Join("lib", minor, "site-packages")} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	links := [][2]string{{executable, "python"}, {"python", "python3"}, {"python", minor}}
	for _, l := range links {
		if err := os.Symlink(l[0], filepath.Join(dir, "bin", l[1])); err != nil {
			return err
		}
	}
	if runtime.GOOS == "linux" && i.PointerBits == 64 {
		// Some distributions keep compiled packages in lib64.
		if err := os.Symlink("lib", filepath.Join(dir, "lib64")); err != nil {
			return err
		}
	}
	config := fmt.Sprintf("home = %s\ninclude-system-site-packages = false\nversion = %s\nexecutable = %s\n",
		filepath.Dir(executable), i.Version, executable)
	return os.WriteFile(filepath.Join(dir, "pyvenv.cfg"), []byte(config), 0o600)
}

// removeScripts drops the scripts that packages brought: their first line names
// the temporary directory. Native programs (ruff, uv) stay.
func removeScripts(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "bin"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, "bin", entry.Name())
		if entry.Type().IsRegular() && !isScript(path) || entry.Type()&os.ModeSymlink != 0 {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	var start [2]byte
	_, err = io.ReadFull(f, start[:])
	return err != nil || string(start[:]) == "#!"
}
