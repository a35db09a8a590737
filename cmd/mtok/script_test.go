package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

func TestMain(m *testing.M) {
	if script := os.Getenv(initScript); script != "" {
		os.Exit(initOf(script))
	}
	testscript.Main(withSession{m}, map[string]func(){"mtok-session": serveSession, "mtok": func() {
		handToDetector()
		raceIfAsked()
		if code, done := handOver(); done {
			os.Exit(code)
		}
		killAtPoint()
		main()
	}})
}

// TestScripts runs the command as a user does; Python is started once for most of
// them. The environment is built before, because a script has no home and no proxy settings.
func TestScripts(t *testing.T) {
	cache := cacheDir(t)
	env, err := bridge.Setup(context.Background(), bridge.WithDistribution(bundled.Python()), bridge.WithCacheDir(cache),
		bridge.WithProgress(func(p bridge.Progress) { fmt.Fprintln(os.Stderr, p.Text) }))
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Glob(filepath.Join(env.Dir, "lib", "python3.*", "site-packages", "mistral_common", "data"))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	rows, err := filepath.Abs(filepath.Join("testdata", "rows.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"code": code, "http": askHTTP},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MTOK_CACHE", cache)
			e.Vars = append(e.Vars, sessionOf...)
			e.Setenv("ENV_PYTHON", env.Executable)
			e.Setenv("ENV_DIR", env.Dir)
			e.Setenv("SPM1", filepath.Join(data[0], "tokenizer.model.v1"))
			e.Setenv("SPM3", filepath.Join(data[0], "mistral_instruct_tokenizer_240323.model.v3"))
			e.Setenv("ESC", "a\x1b[31mb")
			e.Setenv("ROWS", rows) // as pyarrow writes them: one, null, two words, the third record, an empty text
			if err := os.WriteFile(filepath.Join(e.WorkDir, "half.png"), halfPNG(), 0o600); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "bad.txt"), []byte("ab\xffcd"), 0o600)
		},
	})
}

// halfPNG is an image that is cut off.
func halfPNG() []byte {
	m := image.NewGray(image.Rect(0, 0, 90, 90))
	for i := range m.Pix {
		m.Pix[i] = byte(i * i)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // to memory
	return b.Bytes()[:b.Len()/2]
}

// cacheDir is the cache that a user of this machine has.
func cacheDir(t *testing.T) string {
	dir := userCache()
	if dir == "" {
		t.Fatal("there is no cache directory")
	}
	return dir
}

func userCache() string {
	if dir := os.Getenv("MTOK_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "mistralbridge")
}

// code runs a command that must end with an exit code: code 2 mtok encode --nope.
func code(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch got := 0; {
	case errors.As(err, &exit):
		got = exit.ExitCode()
		fallthrough
	case err == nil:
		if want := args[0]; want != strconv.Itoa(got) {
			ts.Fatalf("exit code %d, not %s", got, want)
		}
	default:
		ts.Fatalf("%v", err)
	}
}
