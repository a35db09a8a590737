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

// link makes bin/python of the environment env, which is or will be one in this
// cache, lead to its unpacked interpreter by a relative way: Python finds its
// standard library by that link, before it looks at "home", and so the cache can be
// moved and copied as a whole.
func (p *plan) link(env, unpacked, executable string) error {
	temp, err := newTempDir(p.cache.dir("envs"))
	if err != nil {
		return err
	}
	defer temp.remove()
	target := filepath.Join("..", "..", "..", "python", filepath.Base(unpacked), "bin", filepath.Base(executable))
	if err := os.Symlink(target, temp.join("python")); err != nil {
		return err
	}
	return os.Rename(temp.join("python"), filepath.Join(env, "bin", "python"))
}

// linked makes sure that bin/python of the environment leads to executable. It does
// not where the cache was moved or copied and the link is from the days when it
// named a place; then it is made anew.
func (p *plan) linked(dir, unpacked, executable string) error {
	path := filepath.Join(dir, "bin", "python")
	want, err := os.Stat(executable)
	if err != nil {
		return err
	}
	if got, err := os.Stat(path); err == nil && os.SameFile(got, want) {
		return nil
	}
	old, err := os.Readlink(path)
	if err != nil {
		return err
	}
	if unpacked == "" {
		return fmt.Errorf("%s leads to %s and not to %s", path, old, executable)
	}
	if err := p.link(dir, unpacked, executable); err != nil {
		return fmt.Errorf("it was moved, and %s leads to %s still, which could not be mended: run `mtok setup` where the cache can be written: %w",
			path, old, err)
	}
	p.Logger.Info("the environment was moved: its link to the interpreter was made anew", "link", path, "was", old)
	return nil
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
