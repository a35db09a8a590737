//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// suite is one way to run the tests of a package.
type suite struct {
	name   string
	binary string
	dir    string // of the package: where its tests expect to be
	env    []string
	args   []string
}

// ways are the other ways to run a package's tests, by the end of its path.
var ways = map[string][]suite{
	"/bridge": {
		{name: "pool", env: []string{"MTOK_TEST_BACKEND=pool"}},
		{name: "pool:2", env: []string{"MTOK_TEST_BACKEND=pool:2"}},
	},
}

// timeless are the tests, by the end of a package's path, that compare what no clock and no other goroutine changes,
// and take most of the package's time.
var timeless = map[string]string{
	"/bridge": "[Gg]olden|TestRawJSON_deep|TestNormalize_tokens|TestEncodeChat_everyWay|" +
		"TestWithOffline_besideAnother|TestWithHub|TestChatTemplate|TestLoadRaw|^Fuzz",
	"/cpython": "TestStart_noEncodings|TestStart_unusableLibrary",
}

// limits are the flags for what is left out of the tests of a package.
func limits(s settings, path string) []string {
	if s.all {
		return nil
	}
	args := []string{"-test.short"}
	for end, skip := range timeless {
		if strings.HasSuffix(path, end) {
			args = append(args, "-test.skip="+skip)
		}
	}
	return args
}

// compile compiles the tests of the packages that match the patterns, and returns the ways to run them.
func compile(ctx context.Context, s settings, patterns []string) ([]suite, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,Dir,Module,TestGoFiles,XTestGoFiles"}, patterns...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return nil, err
	}
	var all []suite
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir           string
			Module                    struct{ Path string }
			TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
			continue
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
		first := suite{name: name, dir: p.Dir, args: limits(s, p.ImportPath), binary: filepath.Join(s.dir, strings.ReplaceAll(name, "/", "-")+".test")}
		args := []string{"test", "-c", "-o", first.binary}
		if s.race {
			args = append(args, "-race")
		}
		fmt.Println("compiling", name)
		build := exec.CommandContext(ctx, "go", append(args, p.ImportPath)...)
		build.Stdout, build.Stderr = os.Stdout, os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("compiling the tests of %s: %w", name, err)
		}
		all = append(all, first)
		for end, more := range ways {
			for _, w := range more {
				if strings.HasSuffix(p.ImportPath, end) {
					w.name, w.binary, w.dir, w.args = name+" ("+w.name+")", first.binary, first.dir, first.args
					all = append(all, w)
				}
			}
		}
	}
}
