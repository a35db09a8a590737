//go:build linux

package main

import (
	"os"
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
	// No time but that of the end may end an attack. The last quarter of that is left for what has been cut off; it is
	// long, because all of this goes on at once on whatever machine there is.
	const command = `exec "$@" --addr 127.0.0.1:0 --access-log off --max-body 262144 --body-memory 16777216 ` +
		`--read-timeout 1h --idle-timeout 1h --drain-timeout 80s --workers `
	for name, more := range map[string]string{
		"embedded":       "0",
		"workers":        "1",
		"embedded, keys": "0 --api-key-all --api-key-file " + keys,
		"workers, keys":  "1 --api-key-all --api-key-file " + keys,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			cmd, _, log := served(t, command+more)
			var at []string
			require.Eventually(t, func() bool { at = listensAt.FindStringSubmatch(log()); return at != nil }, 2*time.Minute, 10*time.Millisecond, log())
			target := &attack.Target{Address: at[1], MaxBody: 256 << 10, Refuses: len(more) > 1, Crowded: true}
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
