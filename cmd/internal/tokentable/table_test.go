package tokentable

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sample = []Token{
	{1, []byte("<s>")}, {3, []byte("[INST]")}, {22177, []byte("Hello")}, {1044, []byte(",")}, {4304, []byte(" world")},
	{1267, []byte("!\n")}, {1097, []byte("a")}, {1009, []byte("\t")}, {119685, []byte(" \xf0\x9f")}, {1152, []byte("\x98")},
	{50000, []byte("日本")}, {60000, []byte("👩‍🚀")}, {781, []byte("<0x0A>")}, {70000, []byte("▁end")}, {71000, []byte("\x1b[31m")},
	{72000, []byte("\u202e")}, {73000, nil}, {4, []byte("[/INST]")},
}

func TestTable_golden(t *testing.T) {
	for name, colour := range map[string]bool{"plain.golden": false, "colour.golden": true} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, Table(&out, sample, 40, colour))
			path := filepath.Join("testdata", name)
			if *update {
				require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(want), out.String(), name)
		})
	}
}

func TestTable_width(t *testing.T) {
	for _, width := range []int{1, 20, 33, 80} {
		t.Run(strconv.Itoa(width), func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, Table(&out, sample, width, false))
			for line := range strings.Lines(out.String()) {
				single := strings.Count(line, "│") == 1 || len(strings.Fields(line)) == 1
				assert.True(t, single || uniseg.StringWidth(strings.TrimSuffix(line, "\n")) <= width, "%d columns: %q", width, line)
			}
		})
	}
}

// TestTable_escapes: a piece cannot carry an escape sequence.
func TestTable_escapes(t *testing.T) {
	var out bytes.Buffer
	for b := range 256 {
		require.NoError(t, Table(&out, []Token{{1, []byte{byte(b)}}, {2, []byte("\u009b" + string(rune(b)))}}, 80, false))
	}
	for _, r := range strings.ReplaceAll(out.String(), "\n", "") {
		require.True(t, r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f), "%q", r)
	}
}

func TestTable_emptyAndBroken(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Table(&out, nil, 80, true))
	assert.Empty(t, out.String())
	require.Error(t, Table(broken{}, sample, 80, true))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }
