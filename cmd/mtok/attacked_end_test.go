//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/attack"
)

var listensAt = regexp.MustCompile(`"http://(127\.0\.0\.1:\d+)"`)

// A server that strangers besiege ends in its time, with 0, when it is told to.
func TestSIGTERMBesideAttacks(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("key\n"), 0o600))
	for name, more := range map[string][]string{
		"embedded":       {"--workers", "0"},
		"workers":        {"--workers", "1"},
		"embedded, keys": {"--workers", "0", "--api-key-file", keys, "--api-key-all"},
		"workers, keys":  {"--workers", "1", "--api-key-file", keys, "--api-key-all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			path := filepath.Join(t.TempDir(), "log")
			file, err := os.Create(path)
			require.NoError(t, err)
			defer file.Close()
			log := func() string {
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				return string(text)
			}
			// No time but that of the end may end an attack.
			args := append([]string{
				"serve", "--model", "v3", "--addr", "127.0.0.1:0", "--log-format", "json", "--access-log", "off",
				"--max-body", "262144", "--body-memory", "16777216", "--read-timeout", "1h", "--idle-timeout", "1h", "--drain-timeout", "20s",
			}, more...)
			cmd := exec.CommandContext(t.Context(), "mtok", args...)
			cmd.Env, cmd.Stderr = append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), file
			require.NoError(t, cmd.Start())
			var at []string
			require.Eventually(t, func() bool { at = listensAt.FindStringSubmatch(log()); return at != nil }, 2*time.Minute, 10*time.Millisecond, log())
			target := &attack.Target{Address: at[1], MaxBody: 256 << 10, Refuses: len(more) > 2, Crowded: true}
			defer target.LetGo()
			for _, a := range attack.All() {
				require.NoError(t, a.Run(target), a.Name)
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, cmd.Wait(), log())
			assert.Contains(t, log(), "shutting down")
		})
	}
}
