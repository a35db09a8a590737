package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// program is mtok.
var program string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "s3")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if program = os.Getenv("MTOK"); program == "" {
		program = filepath.Join(dir, "mtok")
		build := exec.Command("go", "build", "-o", program, "./cmd/mtok")
		build.Dir = "../.."
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build mtok: %w\n%s", err, out)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := startGateway(ctx, dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// command is mtok as a user of the service runs it.
func (s *service) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "AWS_ACCESS_KEY_ID="+access, "AWS_SECRET_ACCESS_KEY="+secret,
		"AWS_EC2_METADATA_DISABLED=true", "TMPDIR="+t.TempDir())
	return cmd
}

type result struct {
	out, err string
	code     int
}

func (s *service) mtok(t *testing.T, args ...string) result {
	t.Helper()
	cmd := s.command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		require.NoError(t, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// ok is the output of a command that succeeds.
func (s *service) ok(t *testing.T, args ...string) string {
	t.Helper()
	r := s.mtok(t, args...)
	require.Zero(t, r.code, "mtok %s: %s", strings.Join(args, " "), r.err)
	return r.out
}

// tree is what is below a directory, by name, but for temporary files.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || strings.HasPrefix(name, "tmp/") || strings.HasPrefix(name, ".") {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return files
}
