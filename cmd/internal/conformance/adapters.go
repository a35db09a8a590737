package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Adapters finds the directories in dir that have a program run, and installs each
// by its program setup, once for each state of its files: into a directory of its
// own below cache, which both learn as MTOK_ADAPTER_CACHE. What setup says goes to
// log. An adapter that cannot be installed has a Note. Env is more of their
// environment; with MTOK_OFFLINE=1 in it none is installed, because it is fetched.
func Adapters(ctx context.Context, dir, cache, mtok string, log io.Writer, env ...string) ([]Subject, error) {
	runs, err := filepath.Glob(filepath.Join(dir, "*", "run"))
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("%s has no adapters: */run", dir)
	}
	shared, err := digest(dir, false)
	if err != nil {
		return nil, err
	}
	var all []Subject
	for _, path := range runs {
		path, err := filepath.Abs(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		own, err := digest(path, true)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		into := filepath.Join(cache, "adapters", name+"-"+short(shared+own))
		s := Subject{Command: Command{
			Line: "./run", Name: name, Dir: path, Env: append([]string{"MTOK=" + mtok, "MTOK_ADAPTER_CACHE=" + into}, env...),
		}}
		if err := install(ctx, s.Command, into, log); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			s.Note = "it could not be installed: " + err.Error()
		}
		all = append(all, s)
	}
	return all, nil
}

// install runs setup, unless it has succeeded before.
func install(ctx context.Context, c Command, into string, log io.Writer) error {
	done := filepath.Join(into, ".installed")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if slices.Contains(c.Env, "MTOK_OFFLINE=1") {
		return &bridge.OfflineError{What: "the adapter " + c.Name, Way: "run it once with the network"}
	}
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	last := &tail{}
	cmd := exec.CommandContext(ctx, "./setup")
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = io.MultiWriter(log, last), io.MultiWriter(log, last)
	fmt.Fprintf(log, "mtok: installing the adapter %s\n", c.Name)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w%s", err, last)
	}
	return os.WriteFile(done, nil, 0o600)
}

// digest is over the files of a directory, and with deep over all below it.
func digest(dir string, deep bool) (string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != dir && (!deep || d.Name() == "node_modules" || d.Name() == "target") {
				return filepath.SkipDir
			}
			return nil
		}
		files = append(files, path)
		return nil
	})
	if err != nil {
		return "", err
	}
	slices.Sort(files)
	all := sha256.New()
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %d\n", filepath.Base(path), len(text))
		all.Write(text)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
