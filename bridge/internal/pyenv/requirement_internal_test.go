package pyenv

import (
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
		{"foo-bar-baz", "1.0", ""},
		{"numpy", "2.2", "python_full_version < '3.12'"},
		{"numpy", "2.5", "python_full_version >= '3.12'"},
	}, lock)
	for _, bad := range []string{"", "# only this\n", "six>=1 --hash=sha256:aa", "six --hash=sha256:aa", "six @ https://example.org/six.whl --hash=sha256:aa"} {
		_, err := parseLock([]byte(bad))
		assert.Error(t, err, bad)
	}
	_, err = parseLock([]byte("six==1.0\n"))
	var refused *HashError
	assert.ErrorAs(t, err, &refused)
}

func TestCompareLock(t *testing.T) {
	lock := []requirement{{"a", "1", ""}, {"b", "1", "x"}, {"b", "2", "y"}, {"c", "1", "z"}}
	assert.Empty(t, compareLock(lock, map[string]string{"a": "1", "b": "2"}))
	assert.Empty(t, compareLock(lock, map[string]string{"a": "1"}))
	assert.Equal(t, []string{
		"a 1 is not installed",
		"b is 3, the lock says 1 or 2",
		"d 1 is not in the lock",
	}, compareLock(lock, map[string]string{"b": "3", "d": "1"}))
}

func TestVersionsThatAreWrittenDifferently(t *testing.T) {
	for _, same := range [][2]string{{"2024.1", "2024.01"}, {"1.0", "1.0.0"}, {"2.5.0", "2.5.0+cpu"}, {"1.0RC1", "1.0rc1"}, {"0", "0.0"}} {
		assert.True(t, containsVersion(same[:1], same[1]), same)
	}
	for _, other := range [][2]string{{"1.1", "1.10"}, {"1.0", "10"}, {"2.5.0+cpu", "2.5.0"}, {"1", "1.0.1"}} {
		assert.False(t, containsVersion(other[:1], other[1]), other)
	}
}

func TestPipProgressCounts(t *testing.T) {
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
