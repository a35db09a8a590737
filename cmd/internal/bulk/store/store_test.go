package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A name is given once. The same again is fine; other bytes are an error, and both are kept.
func TestPublish_once(t *testing.T) {
	d, err := OpenDir(t.TempDir(), nil)
	require.NoError(t, err)
	sum, err := d.Put("a/b", []byte("one"))
	require.NoError(t, err)
	again, err := d.Put("a/b", []byte("one"))
	require.NoError(t, err)
	assert.Equal(t, sum, again)
	there, err := d.SumOf("a/b")
	require.NoError(t, err)
	assert.Equal(t, sum, there)
	_, err = d.Put("a/b", []byte("two"))
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	text, err := d.Read("a/b")
	require.NoError(t, err)
	assert.Equal(t, "one", string(text))
	kept, err := os.ReadFile(d.path(conflict.Kept))
	require.NoError(t, err)
	assert.Equal(t, "two", string(kept))
	require.NoError(t, d.Close())
	left, err := os.ReadDir(d.path(tempDir))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What the dead have left goes; what the living write stays.
func TestSweep(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a[b")
	living, err := OpenDir(root, nil)
	require.NoError(t, err)
	f, err := living.Create("x")
	require.NoError(t, err)
	dead := filepath.Join(root, tempDir, "0123456789abcdef")
	require.NoError(t, os.Mkdir(dead, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dead, "1-x"), []byte("half"), 0o600))
	require.NoError(t, os.WriteFile(dead+".lock", nil, 0o600))
	theirs := filepath.Join(root, tempDir, "Gemfile")
	require.NoError(t, os.WriteFile(theirs, []byte("theirs"), 0o600))
	require.NoError(t, os.WriteFile(theirs+".lock", nil, 0o600))
	other, err := OpenDir(root, nil)
	require.NoError(t, err)
	assert.FileExists(t, theirs)
	assert.FileExists(t, theirs+".lock")
	assert.NoDirExists(t, dead)
	assert.True(t, other.Shared())
	assert.False(t, living.Shared())
	assert.NoFileExists(t, dead+".lock")
	_, err = f.Write([]byte("whole"))
	require.NoError(t, err)
	_, err = f.Publish()
	require.NoError(t, err)
	require.NoError(t, other.Close())
	require.NoError(t, living.Close())
}

// What two processes have made otherwise than a third is kept of both.
func TestPublish_conflict(t *testing.T) {
	root := t.TempDir()
	kept := map[string]string{}
	for i, text := range []string{"first", "second", "third"} {
		d, err := OpenDir(root, nil)
		require.NoError(t, err)
		_, err = d.Put("x", []byte(text))
		if i > 0 {
			var conflict *ConflictError
			require.ErrorAs(t, err, &conflict)
			kept[d.path(conflict.Kept)] = text
		} else {
			require.NoError(t, err)
		}
		require.NoError(t, d.Close())
	}
	require.Len(t, kept, 2)
	for path, want := range kept {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
}

// Nobody begins while one is alone, and nobody is alone while others work.
func TestAlone(t *testing.T) {
	root := t.TempDir()
	a, err := OpenDir(root, nil)
	require.NoError(t, err)
	defer a.Close()
	b := atDir(root)
	_, _, err = b.Alone("x")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = a.Put("x", nil)
	require.NoError(t, err)
	first, err := a.Share(t.Context(), "x")
	require.NoError(t, err)
	second, err := b.Share(t.Context(), "x")
	require.NoError(t, err)
	first()
	release, alone, err := b.Alone("x")
	require.NoError(t, err)
	assert.False(t, alone)
	release()
	second()
	release, alone, err = b.Alone("x")
	require.NoError(t, err)
	assert.True(t, alone)
	ctx, cancel := context.WithTimeout(t.Context(), 3*lockWait)
	defer cancel()
	_, err = a.Share(ctx, "x")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	release()
	first, err = a.Share(t.Context(), "x")
	require.NoError(t, err)
	first()
}
