package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// The program is built around a bundle as a user does it, and runs twice with nothing but itself:
// no network, no home, no variables.
func TestOneFile(t *testing.T) {
	dir := t.TempDir()
	packed := filepath.Join(dir, "env.tar.zst")
	run(t, exec.Command("go", "run", "../../cmd/mtok", "bundle", "--out", packed))
	here, err := filepath.Abs("bundle")
	require.NoError(t, err)
	// In the place of a file in the repository.
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "env.tar.zst"): packed}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	program := filepath.Join(dir, "onefile")
	run(t, exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "."))
	require.NoError(t, os.Remove(packed))
	for range 2 {
		alone := exec.Command(program, "Hello,", "world!")
		alone.Dir, alone.Env = dir, []string{"MTOK_CACHE=" + filepath.Join(dir, "cache")}
		alone.SysProcAttr = withoutNetwork(t)
		assert.Equal(t, "[1 22177 1044 4304 1033]\n", run(t, alone))
	}
}

// Without one it says so, and takes nothing else.
func TestOneFile_withoutBundle(t *testing.T) {
	require.NoFileExists(t, "bundle/env.tar.zst")
	_, err := encode(t.Context(), "x")
	require.ErrorIs(t, err, bridge.ErrNoBundle)
}

func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd, stderr.String())
	return string(out)
}

// withoutNetwork is `unshare -n`: a network in which even the loopback device is down. Where this user may make none, as
// below chroot, the program runs with the network that there is.
func withoutNetwork(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if uid := os.Getuid(); uid != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	}
	try := exec.Command("true")
	try.SysProcAttr = a
	if err := try.Run(); errors.Is(err, syscall.EPERM) && os.Getuid() != 0 {
		t.Log("with a network: this user may make no other")
		return nil
	}
	return a
}
