//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/attack"
)

var listensAt = regexp.MustCompile(`"http://(127\.0\.0\.1:\d+)"`)

// A server under attack ends in its time, with 0, on SIGTERM.
func TestServe_SIGTERMDuringAttacks(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("key\n"), 0o600))
	// No time but that of the end may end an attack, and no number of them. The last quarter of that is left for what has been cut off; it is
	// long, because all of this runs at once, on any machine.
	const command = `exec "$@" --addr 127.0.0.1:0 --access-log off --max-body 262144 --body-memory 16777216 ` +
		`--max-connections 16384 --read-timeout 1h --write-timeout 1h --idle-timeout 1h --drain-timeout 80s --workers `
	kinds := map[string]string{"workers, keys": "1 --api-key-all --api-key-file " + keys}
	if !raceDetector { // which makes the attacker much dearer
		kinds["embedded"], kinds["workers"] = "0", "1"
		kinds["embedded, keys"] = "0 --api-key-all --api-key-file " + keys
	}
	for name, more := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			cmd, socket, log := served(t, command+more)
			var at []string
			require.Eventually(t, func() bool { at = listensAt.FindStringSubmatch(log()); return at != nil }, 2*time.Minute, 10*time.Millisecond, log())
			target := &attack.Target{Address: at[1], MaxBody: 256 << 10, Refuses: len(more) > 1, Crowded: true}
			defer target.LetGo()
			honest, err := net.Dial("unix", socket)
			require.NoError(t, err)
			defer honest.Close()
			const body = `{"prompt": "Hello"}`
			_, err = fmt.Fprintf(honest, "POST /tokenize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:5])
			require.NoError(t, err)
			for _, a := range attack.All() {
				require.NoError(t, a.Run(target), a.Name)
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			require.Eventually(t, func() bool { return strings.Contains(log(), "shutting down") }, 2*time.Minute, 10*time.Millisecond, "SIGTERM is not heard")
			// Who was asking, and has a key, is answered.
			_, err = io.WriteString(honest, body[5:])
			require.NoError(t, err)
			require.NoError(t, honest.SetReadDeadline(time.Now().Add(attack.Patience)))
			resp, err := http.ReadResponse(bufio.NewReader(honest), nil)
			require.NoError(t, err, log())
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Contains(t, string(text), `"tokens":[1,23325]`)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended:
				require.NoError(t, err, log())
			case <-time.After(5 * time.Minute):
				t.Fatal("the server did not end", log())
			}
		})
	}
}
