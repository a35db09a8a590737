//go:build chroot

package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The image serves on a file system that cannot be written but for /tmp, without a network
// but loopback, as its own user and as any other, in one process and with workers, as many as there are by themselves too.
func TestImageServes(t *testing.T) {
	image := builtMtok(t)
	t.Log("bytes of the image: ", strings.Fields(command(t, "du", "-sb", image.dir))[0])
	for name, c := range map[string]struct{ user, workers string }{
		"its own user": {image.user, "0"},
		"another user": {"12345:0", ""},
		"with workers": {image.user, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			image.env["MTOK_SERVE_MODEL"] = "v3-tekken"
			delete(image.env, "MTOK_SERVE_WORKERS")
			if c.workers != "" {
				image.env["MTOK_SERVE_WORKERS"] = c.workers
			}
			address := freePort(t)
			image.env["MTOK_SERVE_ADDR"] = address
			readOnly := fmt.Sprintf("mount --bind %[1]s %[1]s && mount -o remount,ro,bind %[1]s && mount -t tmpfs none %[1]s/tmp && ", image.dir)
			var log bytes.Buffer
			cmd := exec.CommandContext(t.Context(), "unshare", image.inside(c.user, image.environ(), readOnly, append(image.entry, image.cmd...))...)
			cmd.Stdout, cmd.Stderr = &log, &log
			require.NoError(t, cmd.Start())
			defer func() { assert.True(t, cmd.ProcessState != nil, log.String()) }()
			require.Eventually(t, func() bool { return get(address+"/readyz") == http.StatusOK }, time.Minute, 50*time.Millisecond, "%s", &log)

			r, err := http.Post("http://"+address+"/tokenize", "application/json", strings.NewReader(`{"prompt":"Hello, world!"}`))
			require.NoError(t, err)
			defer r.Body.Close()
			var answer struct{ Tokens []int }
			text, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &answer))
			assert.Equal(t, []int{1, 22177, 1044, 4304, 1033}, answer.Tokens)

			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			assert.NoError(t, cmd.Wait(), log.String())
		})
	}
}
