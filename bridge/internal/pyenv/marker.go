package pyenv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	markerName  = ".complete.json"
	reportName  = ".probe.json"
	markerShape = 1
)

// marker is written when an environment is complete, and says of what.
type marker struct {
	Shape     int               `json:"shape"`
	Name      string            `json:"name"`
	Lock      string            `json:"lock"`      // SHA-256 of the lock
	Key       string            `json:"key"`       // of the base interpreter
	Base      string            `json:"base"`      // executable of the base interpreter, as it was then
	Unpacked  string            `json:"unpacked"`  // directory of an unpacked distribution, as it was then
	Created   int64             `json:"created"`   // Unix seconds
	Installed map[string]string `json:"installed"` // what the lock came to here
}

// readMarker fails with fs.ErrNotExist if there is no environment in dir at all.
func readMarker(dir string) (marker, error) {
	var m marker
	err := readJSON(filepath.Join(dir, markerName), &m)
	if errors.Is(err, fs.ErrNotExist) {
		if _, there := os.Lstat(dir); there == nil {
			return m, fmt.Errorf("%s, which says that it is complete, is not in it", markerName)
		}
	}
	if err == nil && m.Shape != markerShape {
		err = fmt.Errorf("%s is of another version of this program (%d)", markerName, m.Shape)
	}
	return m, err
}

// place says where the interpreter of an environment in this cache is now: one that
// was unpacked is in the same cache, even if that was elsewhere when the marker was written.
func (p *plan) place(mark marker) (unpacked, executable string) {
	if mark.Unpacked == "" {
		return "", mark.Base
	}
	unpacked = p.cache.dir("python", filepath.Base(mark.Unpacked))
	return unpacked, filepath.Join(unpacked, "bin", filepath.Base(mark.Base))
}

// report keeps the answer of a probe, which costs a subprocess, together with what
// would make it out of date. Times are in seconds: image layers keep no more.
type report struct {
	Interpreter *Interpreter `json:"interpreter"`
	Stamps      []string     `json:"stamps"`
	// Libraries are the shared libraries of the environment with their sizes; nil in a report
	// of an earlier version of this program.
	Libraries map[string]int64 `json:"libraries"`
}

func stamps(dir string, i *Interpreter) []string {
	var all []string
	for _, path := range []string{filepath.Join(dir, "bin", "python"), i.Library, i.SitePackages, filepath.Join(dir, "pyvenv.cfg")} {
		info, err := os.Stat(path)
		if err != nil {
			return nil
		}
		size := info.Size()
		if info.IsDir() {
			size = 0
		}
		all = append(all, fmt.Sprintf("%s %d %d", path, size, info.ModTime().Unix()))
	}
	return all
}

// open turns a complete environment into an Environment. It writes to the cache
// only if it can: the environment may be part of a read-only image.
func (p *plan) open(ctx context.Context, dir string, mark marker) (*Environment, error) {
	unpacked, executable := p.place(mark)
	env := &Environment{Source: SourceManaged, Dir: dir, distribution: unpacked, key: mark.Key}
	var err error
	if env.held, err = lockInUse(dir); err != nil {
		return nil, err
	}
	for _, place := range []string{dir, unpacked} {
		if at := noExec(place); place != "" && at != "" {
			return nil, &CacheError{Dir: p.cache.root, Reason: onNoExec(place, at), Fix: noExecFix}
		}
	}
	if unpacked != "" {
		differ, err := p.refreshManifest(unpacked, mark.Key)
		if err != nil || len(differ) > 0 {
			return nil, damagedError{unpacked, differ, err}
		}
	}
	if err := p.linked(dir, unpacked, executable); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, reportName)
	var kept report
	if readJSON(path, &kept) == nil && kept.Interpreter != nil && kept.Interpreter.Prefix == dir {
		if now := stamps(dir, kept.Interpreter); now != nil && fmt.Sprint(now) == fmt.Sprint(kept.Stamps) {
			if err := checkKept(dir, kept); err != nil {
				return nil, err
			}
			env.Interpreter = kept.Interpreter
			return env, nil
		}
	}
	switch differ, err := p.refreshManifest(dir, mark.Key); {
	case err != nil:
		return nil, fmt.Errorf("its files cannot be checked: %w", err)
	case len(differ) > 0:
		return nil, fmt.Errorf("it is not as it was built: %s", summarise(differ))
	}
	interp, err := p.probe().probe(ctx, filepath.Join(dir, "bin", "python"))
	if err != nil {
		return nil, err
	}
	if interp.Prefix != dir {
		return nil, fmt.Errorf("its prefix is %s, so it is no virtual environment", interp.Prefix)
	}
	if unpacked != "" && !sameDir(interp.BasePrefix, unpacked) {
		return nil, fmt.Errorf("it runs on %s and not on %s", interp.BasePrefix, unpacked)
	}
	var m manifest
	if err := readJSON(filepath.Join(dir, manifestName), &m); err != nil {
		return nil, fmt.Errorf("its files cannot be checked: %w", err)
	}
	_ = writeJSON(path, report{interp, stamps(dir, interp), m.libraries()})
	env.Interpreter = interp
	return env, nil
}

// checkKept looks at the libraries, by the report or else by the manifest, which takes longer
// to read.
func checkKept(dir string, kept report) error {
	if kept.Libraries == nil {
		var m manifest
		if err := readJSON(filepath.Join(dir, manifestName), &m); err != nil {
			return fmt.Errorf("its files cannot be checked: %w", err)
		}
		kept.Libraries = m.libraries()
	}
	return checkSizes(dir, kept.Libraries)
}

func sameDir(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// damagedError is an unpacked interpreter that is not what was unpacked.
type damagedError struct {
	dir    string
	differ []string
	err    error
}

func (e damagedError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("the interpreter in %s cannot be checked: %v", e.dir, e.err)
	}
	return fmt.Sprintf("the interpreter in %s is not as it was unpacked: %s", e.dir, summarise(e.differ))
}

func (e damagedError) Unwrap() error { return e.err }

func isDamaged(err error) bool {
	var damaged damagedError
	return errors.As(err, &damaged)
}

func summarise(all []string) string {
	const show = 3
	if len(all) <= show {
		return fmt.Sprintf("%q", all)
	}
	return fmt.Sprintf("%q and %d more", all[:show], len(all)-show)
}
