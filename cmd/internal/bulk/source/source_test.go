package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func packGzip(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

func packZstd(text []byte) []byte {
	var b bytes.Buffer
	w, _ := zstd.NewWriter(&b)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

func save(t interface{ Fatal(...any) }, dir string, text []byte) string {
	path := filepath.Join(dir, "in")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// linesOf reads all lines of the ranges, and what Each was given.
func linesOf(t require.TestingT, f File, cuts []int64, limit int64) (lines []string, all []byte) {
	start := int64(0)
	for _, end := range append(cuts, f.Bytes) {
		l, err := OpenLines(context.Background(), f, start, end, limit)
		require.NoError(t, err)
		l.Each = func(p []byte) { all = append(all, p...) }
		for {
			line, err := l.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			assert.True(t, line.Place >= start && line.Place < end, "a line belongs to where it begins")
			assert.Equal(t, int64(len(all)), line.Place+line.Length)
			if line.Raw == nil {
				assert.Greater(t, line.Length, limit)
			} else {
				assert.Equal(t, string(all[line.Place:]), string(line.Raw))
			}
			lines = append(lines, string(all[line.Place:]))
		}
		require.NoError(t, l.Close())
		start = end
	}
	return lines, all
}

// However a file is cut into ranges and packed, each line is read once, in order, to the byte.
func TestRangesPartition(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"", "\n", "\r\n", "a", "a longer line\n", "\x00", "é", "\n\n"}), 0, 20).Draw(rt, "text"), ""))
		if rapid.Bool().Draw(rt, "long") {
			text = append(text, bytes.Repeat([]byte("long "), 70_000)...) // longer than a buffer
		}
		pack := rapid.SampledFrom([]func([]byte) []byte{func(p []byte) []byte { return p }, packGzip, packZstd}).Draw(rt, "packing")
		half := rapid.IntRange(0, len(text)).Draw(rt, "member")
		f, _, err := Examine(context.Background(), save(rt, dir, append(pack(text[:half]), pack(text[half:])...)), "", nil)
		require.NoError(rt, err)
		require.Equal(rt, int64(len(text)), f.Bytes)
		var cuts []int64
		for at := int64(0); ; {
			at += rapid.Int64Range(1, 40_000).Draw(rt, "cut")
			if rapid.Bool().Draw(rt, "short") {
				at = min(at, at%7+1)
			}
			if at >= f.Bytes || len(cuts) > 0 && at <= cuts[len(cuts)-1] {
				break
			}
			cuts = append(cuts, at)
		}
		lines, all := linesOf(rt, f, cuts, rapid.SampledFrom([]int64{3, 1 << 20}).Draw(rt, "limit"))
		require.Equal(rt, string(text), string(all))
		want := strings.SplitAfter(string(text), "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		require.Equal(rt, want, append([]string{}, lines...))
	})
}

func TestLine_Text(t *testing.T) {
	for raw, want := range map[string]string{"a\n": "a", "a\r\n": "a", "a": "a", "a\r": "a\r", "\n": "", "\xef\xbb\xbfa\n": "a", " a \x00\n": " a \x00"} {
		assert.Equal(t, want, string(Record{Raw: []byte(raw)}.Text()), "%q", raw)
	}
	assert.Equal(t, "\xef\xbb\xbfa", string(Record{Place: 5, Raw: []byte("\xef\xbb\xbfa\n")}.Text()), "a character like others, but at the beginning of a file")
}

// A file that is cut off anywhere, or damaged, is an error with its place; so are kinds that are not read.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	text := []byte(strings.Repeat("some text that repeats\n", 50))
	for name, packed := range map[string][]byte{"gzip": packGzip(text), "zstd": packZstd(text)} {
		t.Run(name, func(t *testing.T) {
			for n := 5; n < len(packed); n++ {
				_, _, err := Examine(context.Background(), save(t, dir, packed[:n]), "", nil)
				var damaged *DamagedError
				require.ErrorAs(t, err, &damaged, "%s of %d bytes", name, n)
				assert.Contains(t, err.Error(), "it has been cut off")
			}
			flipped := bytes.Clone(packed)
			flipped[len(flipped)-3] ^= 1 // in the checksum
			_, _, err := Examine(context.Background(), save(t, dir, flipped), "", nil)
			var damaged *DamagedError
			require.ErrorAs(t, err, &damaged, name)
			assert.Contains(t, err.Error(), "it is damaged")
			_, _, err = Examine(context.Background(), save(t, dir, append(bytes.Clone(packed), "rubbish behind it"...)), "", nil)
			require.ErrorAs(t, err, &damaged, name)
		})
	}
	for begin, kind := range map[string]string{"PAR1": "Parquet, and not lines", "PARE": "encrypted Parquet", "BZh9": "bzip2", "\xfd7zXZ\x00": "xz", "\xff\xfea\x00": "UTF-16"} {
		_, _, err := Examine(context.Background(), save(t, dir, []byte(begin)), "", nil)
		assert.ErrorContains(t, err, kind)
	}
	_, _, err := Examine(context.Background(), dir, "", nil)
	assert.ErrorContains(t, err, "no regular file")
	f, _, err := Examine(context.Background(), save(t, dir, nil), "", nil)
	require.NoError(t, err)
	assert.Zero(t, f.Bytes)
}

// A file that grows, shrinks or is written anew is noticed, by who checks it and by who reads on.
func TestChanged(t *testing.T) {
	dir := t.TempDir()
	path := save(t, dir, []byte("one\ntwo\n"))
	f, _, err := Examine(context.Background(), path, "", nil)
	require.NoError(t, err)
	require.NoError(t, f.Check(t.Context()))
	for _, now := range []string{"one\ntwo\nthree\n", "one\ntwo\nt", "one\n", "one\nt", "one\ntwo", "", "one\nTWO\n"} {
		save(t, dir, []byte(now))
		var changed *ChangedError
		require.ErrorAs(t, f.Check(t.Context()), &changed, now)
		if now == "one\nTWO\n" {
			continue // what is read is hashed
		}
		l, err := OpenLines(context.Background(), f, 0, f.Bytes, 100)
		for err == nil {
			_, err = l.Next()
		}
		require.ErrorAs(t, err, &changed, now)
	}
	known := map[string]File{path: {Path: path, Stored: 1}}
	_, _, err = Examine(context.Background(), path, "", known)
	require.NoError(t, err, "what is known of another state is not taken")
}
