package pyenv_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// diversion is what a pip.conf may say that would send the packages elsewhere, choose others,
// or change how pip itself reads its files.
const diversion = `target = /nonexistent/target
prefix = /nonexistent/prefix
root = /nonexistent/root
src = /nonexistent/src
user = true
global = true
site = true
dry-run = true
python = /nonexistent/python
log = /nonexistent/log
report = /nonexistent/report
cache-dir = /nonexistent/cache
no-cache-dir = true
require-virtualenv = true
isolated = true
quiet = 3
verbose = 3
pre = true
no-binary = :all:
upgrade = true
ignore-requires-python = true
constraint = /nonexistent/constraint
requirement = /nonexistent/requirement
config-settings = a=b
use-feature = fast-deps
help = true
version = true
`

// Of every file of pip's, in every section that counts, the settings that say how packages
// are reached are taken over and no others.
func TestPipConfig_settings(t *testing.T) {
	const reach = "index-url = http://index.invalid/simple\nextra_index_url =\n  http://one.invalid\n  http://two.invalid\ntimeout = 7\n--proxy = http://proxy.invalid\n"
	want := map[string]string{
		"index-url": "http://index.invalid/simple", "extra-index-url": "\nhttp://one.invalid\nhttp://two.invalid", "timeout": "7", "proxy": "http://proxy.invalid",
	}
	machine := takenOver(t, bare("HOME=/nonexistent")) // what /etc/pip.conf says here
	all := func(section string) string { return "[" + section + "]\n" + diversion + reach }
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"global":            {all("global"), want},
		"install":           {"[global]\n" + diversion + "index-url = http://other.invalid\n" + all("install"), want},
		"of pip config":     {"[config]\n" + diversion + "[list]\n" + diversion + all("global"), want},
		"of other commands": {"[download]\n" + reach + "[wheel]\n" + reach, map[string]string{}},
		"given twice":       {"[global]\nindex-url = http://other.invalid\n" + reach, want},
		"a mark, Latin-1":   {"\ufeff# \xe9\n[global]\n" + reach, want},
		"half a file":       {"[global]\n" + reach + "this is no setting\n", want},
		"of no use":         {"this is [not a file\nof settings\n", map[string]string{}},
	} {
		for place, environ := range map[string]func(dir string) (path string, environ []string){
			"PIP_CONFIG_FILE": func(dir string) (string, []string) {
				return dir + "/any.conf", bare("HOME=/nonexistent", "PIP_CONFIG_FILE="+dir+"/any.conf")
			},
			"XDG_CONFIG_HOME": func(dir string) (string, []string) {
				return dir + "/pip/pip.conf", bare("HOME=/nonexistent", "XDG_CONFIG_HOME="+dir)
			},
			"XDG_CONFIG_DIRS": func(dir string) (string, []string) {
				return dir + "/pip/pip.conf", bare("HOME=/nonexistent", "XDG_CONFIG_DIRS="+dir)
			},
			".config": func(dir string) (string, []string) { return dir + "/.config/pip/pip.conf", bare("HOME=" + dir) },
			".pip":    func(dir string) (string, []string) { return dir + "/.pip/pip.conf", bare("HOME=" + dir) },
		} {
			if place != "PIP_CONFIG_FILE" && name != "global" {
				continue // the places differ in nothing but where they are
			}
			t.Run(name+"/"+place, func(t *testing.T) {
				t.Parallel()
				path, environ := environ(t.TempDir())
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
				require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
				want := maps.Clone(machine)
				maps.Copy(want, c.want)
				assert.Equal(t, want, takenOver(t, environ))
			})
		}
	}
}

// The files of pip go before one another as they do for pip.
func TestPipConfig_order(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, url string) {
		path = filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("[global]\nindex-url = http://"+url+"\n"), 0o600))
	}
	environ := bare("HOME="+dir, "XDG_CONFIG_DIRS="+dir+"/system")
	index := func(more ...string) string {
		return takenOver(t, append(environ, more...))["index-url"]
	}
	named := "PIP_CONFIG_FILE=" + dir + "/named"
	write("system/pip/pip.conf", "system")
	write(".pip/pip.conf", "legacy")
	assert.Equal(t, "http://legacy", index())
	write(".config/pip/pip.conf", "user")
	assert.Equal(t, "http://user", index())
	assert.Equal(t, "http://user", index(named), "it is not there")
	write("named", "named")
	assert.Equal(t, "http://named", index(named))
	assert.Equal(t, "http://variable", index(named, "PIP_INDEX_URL=http://variable"))
	assert.Empty(t, index("PIP_CONFIG_FILE=/dev/null"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "named"), nil, 0o600))
	assert.Equal(t, "http://system", index(named), "those of the user do not count beside one that is named")
}

func takenOver(t *testing.T, environ []string) map[string]string {
	t.Helper()
	got, err := pyenv.PipSettings(t.Context(), bundledPython(), filepath.Join(sharedPip(), "pip"), environ)
	require.NoError(t, err)
	return got
}
