package deploy

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ignored says which files of the repository the build of an image does not see.
func ignored(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	file, err := os.Open(containerfile + ".dockerignore")
	require.NoError(t, err)
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	return matcher
}

// What the program is built from must be there; what it is not must not make its layer anew.
func TestContainerignore(t *testing.T) {
	matcher := ignored(t)
	sees := func(path string) bool {
		hidden, err := matcher.MatchesOrParentMatches(path)
		require.NoError(t, err)
		return !hidden
	}
	for _, path := range append(sources(t), "go.mod", "go.sum", "LICENSE") {
		assert.True(t, sees(path), path)
	}
	for _, path := range []string{
		".git/config", "bin/mtok", "README.md", "Makefile", "deploy/kubernetes/base/mtok.env", "testdata/README.md",
		"bridge/serve_test.go", "bridge/testdata/testing_ops.py", "pyshim/tests/test_codec.py",
	} {
		assert.False(t, sees(path), path)
	}
}

// sources are the files of the repository that mtok is built from.
func sources(t *testing.T) []string {
	t.Helper()
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Module,GoFiles,CgoFiles,CFiles,HFiles,EmbedFiles", "./cmd/mtok")
	cmd.Dir = top
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var files []string
	for d := json.NewDecoder(out); ; {
		var p struct {
			Dir                                           string
			Module                                        *struct{ Main bool }
			GoFiles, CgoFiles, CFiles, HFiles, EmbedFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, names := range [][]string{p.GoFiles, p.CgoFiles, p.CFiles, p.HFiles, p.EmbedFiles} {
			for _, name := range names {
				path, err := filepath.Rel(top, filepath.Join(p.Dir, name))
				require.NoError(t, err)
				files = append(files, path)
			}
		}
	}
	require.NoError(t, cmd.Wait())
	require.Greater(t, len(files), 100)
	return files
}
