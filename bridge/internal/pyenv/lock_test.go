package pyenv_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// The packages of a lock: one asks for another with an extra, as loosely as
// packages do.
var (
	app     = wheel{name: "app", version: "1.0", requires: []string{"lib[more]>=1", "other>=1", "absent ; sys_platform == 'win32'"}}
	lib     = wheel{name: "lib", version: "1.5", requires: []string{"other>=1,<9", `third>=2 ; extra == "more"`}}
	third   = wheel{name: "third", version: "2.0"}
	other   = wheel{name: "other", version: "1.0"}
	locked  = []wheel{app, lib, third, other}
	upgrade = []wheel{
		{name: "app", version: "2.0"},
		{name: "lib", version: "1.6", requires: []string{"newcomer>=1"}},
		{name: "lib", version: "3.0.dev1"},
		{name: "other", version: "1.0.post1"},
		{name: "other", version: "1.0+local"},
		{name: "other", version: "2.0", requires: []string{"newcomer>=1"}},
		{name: "third", version: "10.0"},
		{name: "newcomer", version: "1.0"},
	}
)

func versions(t *testing.T, env *pyenv.Environment) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), env.Interpreter.Executable, "-I", "-c",
		"import importlib.metadata as m; print(' '.join(sorted(d.name + ' ' + d.version for d in m.distributions())))").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// A lock installs as it is beside newer versions of what it names, whatever their
// place and whatever pip's configuration.
func TestSetup_newerVersionsBeside(t *testing.T) {
	all := append(append([]wheel{}, upgrade...), locked...)
	altered := append([]wheel{}, upgrade...)
	for _, w := range locked {
		w.salt = "another build of the same version"
		altered = append(altered, w)
	}
	config := func(text string) string {
		path := filepath.Join(t.TempDir(), "pip.conf")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return "PIP_CONFIG_FILE=" + path
	}
	good, silent, hostile := newIndex(t, all...), newIndex(t, all...), newIndex(t, altered...)
	silent.hashes, hostile.hashes = false, false
	wheelhouse, trap := directory(t, all...), directory(t, altered...)
	constraint := filepath.Join(t.TempDir(), "constraint.txt")
	require.NoError(t, os.WriteFile(constraint, []byte("other>=2\n"), 0o600))
	nowhere := "PIP_INDEX_URL=http://127.0.0.1:1/simple"
	for name, environ := range map[string][]string{
		"an index":                       good.only(),
		"an index without hashes":        silent.only(),
		"an index in pip.conf, install":  good.only("PIP_INDEX_URL=", config("[global]\nindex-url = http://127.0.0.1:1\nquiet = 3\n[install]\nindex-url =\n    "+good.URL+"/simple/\n")),
		"a directory, in pip.conf":       good.only(nowhere, config("[global]\nno-index = yes\nfind-links = "+wheelhouse+"\n")),
		"PIP_ before pip.conf":           good.only(config("[install]\nindex-url = http://127.0.0.1:1/simple\n")),
		"a directory beside no index":    good.only(nowhere, "PIP_FIND_LINKS="+wheelhouse),
		"other builds in a directory":    good.only("PIP_FIND_LINKS=" + trap),
		"other builds in an extra index": good.only("PIP_EXTRA_INDEX_URL=" + hostile.URL + "/simple/"),
		"an extra index that has it":     hostile.only("PIP_INDEX_URL="+newIndex(t).URL+"/simple/", "PIP_EXTRA_INDEX_URL="+good.URL+"/simple/"),
		"settings that choose":           good.only("PIP_PRE=1", "PIP_CONSTRAINT="+constraint, "PIP_UPGRADE=1", "PIP_NO_DEPS=0", "PIP_REQUIRE_HASHES=0", "PIP_NO_BINARY=:all:", "PIP_ONLY_BINARY=:none:"),
		"settings that choose, pip.conf": good.only("PIP_INDEX_URL=", config("[global]\n"+diversion+"index-url = "+good.URL+"/simple/\n[install]\n"+diversion)),
		"a pip.conf that is none":        good.only(config("this is [not a file\nof settings\n")),
	} {
		t.Run(name, func(t *testing.T) {
			env, err := install(t, lockOf(t, locked...), environ)
			require.NoError(t, err)
			assert.Equal(t, "app 1.0 lib 1.5 other 1.0 third 2.0", versions(t, env))
			found, err := pyenv.Verify(t.Context(), env)
			require.NoError(t, err)
			assert.Empty(t, found)
		})
	}
}

// The same with the pip of each Python of this machine: an older one, left to resolve,
// goes for the newest lib because of the extra, and then refuses it.
func TestSetup_pipResolvesNothing(t *testing.T) {
	x := newIndex(t, append(append([]wheel{}, upgrade...), locked...)...)
	lock := lockOf(t, locked...)
	tried := map[string]bool{}
	for _, python := range []string{"", "python3", "python3.11", "python3.12", "python3.13", "python3.14"} {
		if python != "" {
			host, err := pyenv.Probe(t.Context(), python)
			if err != nil || tried[host.FullVersion] {
				continue
			}
			tried[host.FullVersion] = true
		}
		t.Run("on "+python, func(t *testing.T) {
			o := smallOptions(ownCache(t))
			o.Requirements, o.Environ, o.Python = lock, x.only(), python
			env, err := pyenv.Setup(t.Context(), o)
			require.NoError(t, err)
			assert.Equal(t, "app 1.0 lib 1.5 other 1.0 third 2.0", versions(t, env))
		})
	}
}

// What is missing in a lock, by what its packages say of themselves, is named.
func TestSetup_lockLacksPackage(t *testing.T) {
	x := newIndex(t, append(append([]wheel{}, upgrade...), locked...)...)
	for name, c := range map[string]struct {
		lock []byte
		want string
	}{
		"a package":       {lockOf(t, lib, third), "lib requires other<9,>=1, and other is not in the lock"},
		"of an extra":     {lockOf(t, app, lib, other), "lib[more] requires third>=2"},
		"of its extra":    {bytes.Replace(lockOf(t, lib, other), []byte("lib=="), []byte("lib[more]=="), 1), "and third is not in the lock"},
		"another version": {lockOf(t, app, lib, other, wheel{name: "third", version: "1.0"}), "third is 1.0 in the lock"},
	} {
		t.Run(name, func(t *testing.T) {
			with := newIndex(t, append(locked, wheel{name: "third", version: "1.0"})...)
			if name != "another version" {
				with = x
			}
			_, err := install(t, c.lock, with.only())
			var incomplete *pyenv.IncompleteLockError
			require.ErrorAs(t, err, &incomplete)
			assert.Contains(t, strings.ReplaceAll(err.Error(), "other>=1,<9", "other<9,>=1"), c.want)
		})
	}
	env, err := install(t, lockOf(t, lib, other), x.only())
	require.NoError(t, err, "an extra that nobody asks for is not needed")
	assert.Equal(t, "lib 1.5 other 1.0", versions(t, env))
}

// A line that is not pinned or not hashed is found by reading, before anything is fetched.
func TestSetup_incompleteLock(t *testing.T) {
	x := newIndex(t, locked...)
	for _, line := range []string{"other>=1 --hash=sha256:" + other.hash(t), "other==1.0", "-r more.txt"} {
		t.Run(line, func(t *testing.T) {
			cache := filepath.Join(t.TempDir(), "none")
			o := smallOptions(cache)
			o.Requirements, o.Environ = append(lockOf(t, third), line...), x.only()
			_, err := pyenv.Setup(t.Context(), o)
			var incomplete *pyenv.IncompleteLockError
			require.ErrorAs(t, err, &incomplete)
			assert.Equal(t, 3, incomplete.Line)
			assert.NotContains(t, err.Error(), "refused for its hash")
			assert.NoDirExists(t, cache)
		})
	}
	assert.Empty(t, x.fetched)
}

func TestSetup_hashMismatch(t *testing.T) {
	tampered := other
	tampered.salt = "tampered"
	x := newIndex(t, third, tampered)
	want := strings.Repeat("0", 64)
	lock := append(lockOf(t, third, other), "    --hash=sha256:"+want+"\n"...)
	lock = bytes.Replace(lock, []byte("\n    --hash=sha256:0"), []byte(" \\\n    --hash=sha256:0"), 1)
	for name, hashes := range map[string]bool{"listed by the index": true, "not listed": false} {
		t.Run(name, func(t *testing.T) {
			x.hashes = hashes
			_, err := install(t, lock, x.only())
			var refused *pyenv.HashError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, "other", refused.Package)
			assert.Equal(t, "1.0", refused.Version)
			assert.Equal(t, x.URL+"/"+other.file(), strings.SplitN(refused.URL, "#", 2)[0])
			assert.ElementsMatch(t, []string{"sha256:" + want, "sha256:" + other.hash(t)}, refused.Expected)
			assert.Equal(t, "sha256:"+tampered.hash(t), refused.Got)
			assert.Contains(t, err.Error(), "PIP_INDEX_URL")
			var incomplete *pyenv.IncompleteLockError
			assert.NotErrorAs(t, err, &incomplete)
		})
	}
}

// What the index does not have and an index that is not reached are distinguished, and
// neither is blamed on the lock.
func TestSetup_fetchErrors(t *testing.T) {
	x := newIndex(t, third, wheel{name: "other", version: "0.9"}, wheel{name: "other", version: "1.1"})
	status := func(code int, path string) []string {
		y := newIndex(t, locked...)
		y.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			w.WriteHeader(code)
			return true
		}
		return y.only()
	}
	broken := newIndex(t, locked...)
	broken.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, ".whl") {
			return false
		}
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write([]byte("too little"))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for name, c := range map[string]struct {
		environ []string
		kind    error
		want    string
	}{
		"other versions":  {x.only(), pyenv.ErrNoPackage, "other==1.0 (there: 0.9, 1.1)"},
		"no such project": {newIndex(t, third).only(), pyenv.ErrNoPackage, "other==1.0"},
		"no index":        {x.only("PIP_NO_INDEX=1"), pyenv.ErrNoPackage, "PIP_NO_INDEX"},
		"no answer":       {x.only("PIP_INDEX_URL=http://127.0.0.1:1/simple"), pyenv.ErrNetwork, "refused"},
		"a dead proxy":    {x.only("PIP_INDEX_URL=http://index.invalid/simple", "PIP_TRUSTED_HOST=index.invalid", "PIP_PROXY=http://127.0.0.1:1"), pyenv.ErrNetwork, "roxy"},
		"a certificate":   {x.only("PIP_INDEX_URL=" + secure.URL + "/simple"), pyenv.ErrNetwork, "ertificate"},
		"not allowed":     {status(401, "/simple/"), pyenv.ErrNetwork, "401"},
		"out of order":    {status(503, "/simple/other"), pyenv.ErrNetwork, "503"},
		"a missing file":  {status(404, ".whl"), pyenv.ErrNetwork, "404"},
		"broken off":      {broken.only(), pyenv.ErrNetwork, "onnection broken"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := install(t, lockOf(t, third, other), c.environ)
			var failed *pyenv.InstallError
			require.ErrorAs(t, err, &failed)
			assert.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), c.want)
			assert.NotEmpty(t, failed.Fix)
			var refused *pyenv.HashError
			assert.NotErrorAs(t, err, &refused)
		})
	}
}
