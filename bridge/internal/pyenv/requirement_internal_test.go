package pyenv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseLock(t *testing.T) {
	lock, err := parseLock([]byte("# made by a tool\r\n--index-url https://example.org/simple\n" +
		"Foo_Bar.baz[a,b]==1.0 \\\r\n    --hash=sha256:aa \\\r\n    --hash=sha256:bb\r\n    # via x\n" +
		"numpy==2.2 ; python_full_version < '3.12' --hash=sha256:cc  # why\n" +
		"numpy==2.5;python_full_version >= '3.12' --hash=sha256:dd"))
	require.NoError(t, err)
	assert.Equal(t, []requirement{
		{"foo-bar-baz", "1.0", "", []string{"a", "b"}},
		{"numpy", "2.2", "python_full_version < '3.12'", []string{}},
		{"numpy", "2.5", "python_full_version >= '3.12'", []string{}},
	}, lock)
}

// What pip would refuse only after it had fetched much, or would go by an index for,
// is refused here, with the line.
func TestParseLock_incomplete(t *testing.T) {
	const good = "# a comment\nwheel==1 \\\n    --hash=sha256:aa\n"
	for bad, want := range map[string]struct {
		line   int
		reason string
	}{
		"six>=1 --hash=sha256:aa":                            {4, "name==version"},
		"six --hash=sha256:aa":                               {4, "name==version"},
		"six==1.* --hash=sha256:aa":                          {4, "name==version"},
		"six==1,<2 --hash=sha256:aa":                         {4, "name==version"},
		"six[a]>=1 --hash=sha256:aa":                         {4, "name==version"},
		"six @ https://example.org/six.whl --hash=sha256:aa": {4, "name==version"},
		"./six.whl": {4, "name==version"},
		"six==1.0":  {4, "six==1.0 has no hash"},
		"\n\nsix==1.0 ; python_version > '3' # why":   {6, "has no hash"},
		"six==1.0 \\\n    # --hash=sha256:aa":         {4, "has no hash"},
		"six==1.0 \\\n    --hash=md5:aa":              {4, "md5:aa is no sha256"},
		"six==1.0 --hash=sha256:":                     {4, "sha256: is no sha256"},
		"six==1.0 --hash=sha256:aa --hash=sha256:xyz": {4, "sha256:xyz is no"},
		"-r other.txt":              {4, "outside of the lock"},
		"-rother.txt":               {4, "outside of the lock"},
		"--requirement=other.txt":   {4, "outside of the lock"},
		"-e .":                      {4, "outside of the lock"},
		"-c constraints.txt":        {4, "outside of the lock"},
		"Wheel==2 --hash=sha256:aa": {4, "as 1, too"},
		"tqdm==1 \\\n  --hash=sha256:aa\nsix>=1 --hash=sha256:a": {6, "name==version"},
	} {
		_, err := parseLock([]byte(good + bad))
		var incomplete *IncompleteLockError
		require.ErrorAs(t, err, &incomplete, bad)
		assert.Equal(t, want.line, incomplete.Line, bad)
		assert.Contains(t, incomplete.Reason, want.reason, bad)
		assert.Contains(t, err.Error(), "the lock is incomplete: line", bad)
	}
	for _, empty := range []string{"", "# only this\n", "--no-index\n"} {
		t.Run(empty, func(t *testing.T) {
			_, err := parseLock([]byte(empty))
			var incomplete *IncompleteLockError
			require.ErrorAs(t, err, &incomplete, empty)
			assert.Zero(t, incomplete.Line)
		})
	}
	for _, fine := range []string{
		"--index-url https://example.org/simple\n", "--require-hashes", "six===1.0 --hash=sha384:aa", "six == 1!2.0.post1+local-x --hash sha512:AA", "\ufeff",
	} {
		_, err := parseLock([]byte(fine + "\n" + good))
		assert.NoError(t, err, fine)
	}
}

// Every lock that is committed can be installed as it is, on any day.
func TestParseLock_committed(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	var paths []string
	for _, where := range []string{"requirements", "adapters/requirements", "locks/*", "tools/locks/*"} {
		t.Run(where, func(t *testing.T) {
			locks, err := filepath.Glob(filepath.Join(root, where+".txt"))
			require.NoError(t, err)
			require.NotEmpty(t, locks, where)
			sources, err := filepath.Glob(filepath.Join(root, where+".in"))
			require.NoError(t, err)
			require.Len(t, locks, len(sources), where)
			paths = append(paths, locks...)
		})
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		lock, err := parseLock(text)
		require.NoError(t, err, path)
		assert.Equal(t, strings.Count(string(text), "=="), countPins(lock, string(text)), path)
	}
}

// countPins is how many "==" the lock accounts for: its pins and those in markers.
func countPins(lock []requirement, text string) int {
	n := 0
	for _, r := range lock {
		n += 1 + strings.Count(r.marker, "==")
	}
	for line := range strings.Lines(text) {
		if _, comment, ok := strings.Cut(" "+line, " #"); ok {
			n += strings.Count(comment, "==")
		}
	}
	return n
}

func TestCompareLock(t *testing.T) {
	lock := []requirement{{"a", "1", "", nil}, {"b", "1", "x", nil}, {"b", "2", "y", nil}, {"c", "1", "z", nil}}
	assert.Empty(t, compareLock(lock, map[string]string{"a": "1", "b": "2"}))
	assert.Empty(t, compareLock(lock, map[string]string{"a": "1"}))
	assert.Equal(t, []string{
		"a 1 is not installed",
		"b is 3, the lock says 1 or 2",
		"d 1 is not in the lock",
	}, compareLock(lock, map[string]string{"b": "3", "d": "1"}))
}

func TestContainsVersion(t *testing.T) {
	for _, same := range [][2]string{{"2024.1", "2024.01"}, {"1.0", "1.0.0"}, {"2.5.0", "2.5.0+cpu"}, {"1.0RC1", "1.0rc1"}, {"0", "0.0"}} {
		assert.True(t, containsVersion(same[:1], same[1]), same)
	}
	for _, other := range [][2]string{{"1.1", "1.10"}, {"1.0", "10"}, {"2.5.0+cpu", "2.5.0"}, {"1", "1.0.1"}} {
		assert.False(t, containsVersion(other[:1], other[1]), other)
	}
}

func TestPipProgress(t *testing.T) {
	var got []Event
	p := &pipProgress{emit: func(e Event) { got = append(got, e) }, total: 3}
	for _, line := range []string{
		"Ignoring colorama: markers 'x' don't match your environment",
		"Collecting six==1.17.0 (from -r /x/requirements.txt (line 1))",
		"  Using cached six-1.17.0-py2.py3-none-any.whl (11 kB)",
		"Collecting tqdm==4.0", "Collecting more than the lock has",
		"noise", "Installing collected packages: six, tqdm",
	} {
		p.line(line)
	}
	assert.Equal(t, []Event{
		{StageInstall, "Collecting six==1.17.0", 1, 2},
		{StageInstall, "Using six-1.17.0-py2.py3-none-any.whl (11 kB)", 1, 2},
		{StageInstall, "Collecting tqdm==4.0", 2, 2},
		{StageInstall, "Collecting more than the lock has", 2, 2},
		{StageInstall, "Installing 2 packages", 2, 2},
	}, got)
}
