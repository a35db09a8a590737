//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// JSON of five hundred levels is answered on the smallest stacks that there may be, and with smaller ones Python does not start:
// it would end the process.
func TestExec_deepJSONSmallStack(t *testing.T) {
	chat := filepath.Join(t.TempDir(), "chat.json")
	require.NoError(t, os.WriteFile(chat, fmt.Appendf(nil, `{"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function",
		"function": {"name": "f", "parameters": %s{}%s}}]}`, strings.Repeat(`{"a": `, 500), strings.Repeat("}", 500)), 0o600))
	for kilobytes, want := range map[int][2]string{
		512: {"exit status 0", "1782\n"},
		384: {"exit status 3", "the limit of stacks is 384 KB, and Python needs 512, so that no nested request ends the process: raise it (ulimit -s)"},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf(`ulimit -s %d; exec mtok count --tokenizer v3 --chat "@$1"`, kilobytes), "sh", chat)
		cmd.Env = append(os.Environ(), "MTOK_CACHE="+cacheDir(t))
		out, _ := cmd.CombinedOutput() // how it ended is below
		assert.Equal(t, want[0], cmd.ProcessState.String(), "%d KB: %s", kilobytes, out)
		assert.Contains(t, string(out), want[1], "%d KB", kilobytes)
	}
}
