package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Under the race detector the tests' own processes, this one and its children, would cost several times as much, and
// a second at the end of each. A command line that encodes a text and ends has nothing to detect: the packages that it is
// made of have their own tests under the detector. So the program mtok is then this test binary without it, which hands
// the commands with goroutines of their own over to the one that has it.
var concurrent = [][]string{{"serve"}, {"load"}, {"exec"}, {"bulk", "run"}, {"bulk", "work"}, {"bulk", "retry"}}

// isConcurrent goes by the first words; these commands are tested with their flags behind them.
func isConcurrent(args []string) bool {
	return slices.ContainsFunc(concurrent, func(words []string) bool {
		return len(args) >= len(words) && slices.Equal(args[:len(words)], words)
	})
}

// handToDetector continues as the program with the race detector, if there is one beside this program.
func handToDetector() {
	self, err := os.Executable()
	if err == nil && isConcurrent(os.Args[1:]) {
		err = syscall.Exec(filepath.Join(filepath.Dir(self), "race", "mtok"), os.Args, os.Environ())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "the tests' program with the race detector:", err)
		os.Exit(99)
	}
}

// installPrograms puts the program without the race detector before the one with it on PATH.
func installPrograms(dir string) error {
	detecting, err := exec.LookPath("mtok")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "race"), 0o700); err != nil {
		return err
	}
	if err := os.Symlink(detecting, filepath.Join(dir, "race", "mtok")); err != nil {
		return err
	}
	plain := filepath.Join(dir, "mtok")
	if out, err := exec.Command("go", "test", "-c", "-race=false", "-vet=off", "-o", plain, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := os.Symlink(plain, filepath.Join(dir, "mtok-session")); err != nil {
		return err
	}
	return os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// raceVariable makes a program of the tests race, so that a test sees what the detector would report.
const raceVariable = "TEST_RACE"

func raceIfAsked() {
	if os.Getenv(raceVariable) == "" {
		return
	}
	n, done := 0, make(chan struct{})
	go func() {
		n++
		close(done)
	}()
	n++
	<-done
}

func TestRaceDetector_commands(t *testing.T) {
	for line, has := range map[string]bool{
		"serve": true, "load": true, "exec --nope": true, "bulk run": true, "bulk work": true, "bulk retry": true, "bulk status": false, "version": false, "cache --nope": false,
	} {
		out, _ := mtok(t, append(os.Environ(), raceVariable+"=1"), "", strings.Fields(line)...)
		assert.Equal(t, has && raceDetector, strings.Contains(out, "DATA RACE"), "mtok %s: %s", line, out)
	}
}
