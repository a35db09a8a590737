package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func TestReadInput(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(file, []byte("from a file\n"), 0o600))
	for _, tt := range []struct {
		name string
		args []string
		want string
		err  string
	}{
		{"an argument", []string{"Hello"}, "Hello", ""},
		{"an empty one", []string{""}, "", ""},
		{"none", nil, "from stdin", ""},
		{"a dash", []string{"-"}, "from stdin", ""},
		{"a file", []string{"@" + file}, "from a file\n", ""},
		{"no file", []string{"@" + file + ".no"}, "", "an argument that begins with @ names a file to read"},
		{"a directory", []string{"@" + dir}, "", "is a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readInput(streams{in: strings.NewReader("from stdin")}, tt.args)
			if tt.err != "" {
				assert.ErrorContains(t, err, tt.err)
				assert.Equal(t, exitUsage, exitOfError(err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	_, err := readInput(streams{in: iotest.ErrReader(errors.New("broken"))}, nil)
	require.EqualError(t, err, "read stdin: broken")
}

func TestIsFileName(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "request.json")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.True(t, isFileName(file))
	for _, arg := range []string{"", dir, file + "x", "@" + file, strings.Repeat("a", 5000), "a\x00b"} {
		assert.False(t, isFileName(arg), "%.20q", arg)
	}
}

func TestCheckUTF8(t *testing.T) {
	for i, tt := range []struct{ text, want string }{
		{"", ""},
		{"é👍", ""},
		{"\ufffd", ""}, // written so
		{"\xff", "byte 0 of the input is 0xff"},
		{"é\xe9", "byte 2 of the input is 0xe9"},
		{"\ufffd\xc3", "byte 3 of the input is 0xc3"},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			err := checkUTF8(tt.text)
			if tt.want == "" {
				require.NoError(t, err, tt.text)
				return
			}
			require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestCheckPlace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "there")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, tt := range []struct{ path, want string }{
		{"", ""},
		{file, ""},
		{filepath.Join(dir, "new"), ""},
		{dir, "--out: " + dir + " is a directory"},
		{filepath.Join(dir, "none", "new"), "no such file or directory"},
		{filepath.Join(file, "new"), "--out: "},
	} {
		t.Run(tt.path, func(t *testing.T) {
			err := checkPlace("--out", tt.path)
			if tt.want == "" {
				require.NoError(t, err, tt.path)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, exitUsage, exitOfError(err))
		})
	}
}

func TestNoteBOM(t *testing.T) {
	for _, tt := range []struct {
		text   string
		isText bool
		noted  bool
	}{
		{"\ufeffa", true, true}, {"\ufeff{}", false, false}, {"a\ufeff", true, false}, {"", true, false},
	} {
		var stderr bytes.Buffer
		noteBOM(streams{err: &stderr}, tt.text, tt.isText)
		assert.Equal(t, tt.noted, strings.Contains(stderr.String(), "byte order mark"), "%q", tt.text)
	}
}

func TestParseWith(t *testing.T) {
	newest, err := parseWith("vllm")
	require.NoError(t, err)
	assert.Equal(t, "vllm", newest.name)
	assert.NotEmpty(t, newest.vllm())
	for _, n := range namedEnvironments() {
		got, err := parseWith("vllm=" + n.vllm())
		require.NoError(t, err)
		assert.Equal(t, n.name, got.name)
		found, err := findNamed(n.name)
		require.NoError(t, err)
		assert.Equal(t, n.vllm(), found.vllm())
	}
	for _, with := range []string{"", "vllm=0.0.1", "torch", "torch=" + newest.vllm()} {
		t.Run(with, func(t *testing.T) {
			_, err := parseWith(with)
			require.ErrorContains(t, err, "there is vllm and vllm=", with)
			assert.Equal(t, exitUsage, exitOfError(err))
		})
	}
	_, err = findNamed("nope")
	require.ErrorContains(t, err, `there is no environment "nope"; there are default, vllm`)
}

func TestPieceJSON(t *testing.T) {
	assert.Equal(t, "é", pieceJSON([]byte("é")))
	assert.Equal(t, map[string]string{"__bytes__": "ww=="}, pieceJSON([]byte{0xc3}))
}
