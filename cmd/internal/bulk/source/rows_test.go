package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/parquettest"
)

func encoded(t interface{ Fatal(...any) }, c parquettest.Column) []byte {
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// rowsOf reads the rows of a range.
func rowsOf(f File, start, end, limit int64) (values []*string, size int64, all []byte, err error) {
	r, err := OpenRows(context.Background(), f, "text", start, end, limit)
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	r.Each = func(p []byte) { all = append(all, p...) }
	for n := start; ; n++ {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return values, size, all, nil
		}
		if err != nil {
			return values, size, all, err
		}
		if record.Place != n || r.Pos() != n+1 {
			return nil, 0, nil, errors.New("another row was expected")
		}
		size += record.Bytes
		switch {
		case record.Null:
			values = append(values, nil)
		case record.Raw == nil:
			values = append(values, parquettest.Text("long"))
		default:
			values = append(values, parquettest.Text(string(record.Raw)))
		}
	}
}

var textOptions = map[string][]parquet.WriterProperty{
	"plain":      {parquet.WithDictionaryDefault(false)},
	"dictionary": {parquet.WithCompression(compress.Codecs.Snappy)},
	"gzip":       {parquet.WithCompression(compress.Codecs.Gzip), parquet.WithDictionaryDefault(false)},
	"zstd":       {parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDataPageSize(100), parquet.WithBatchSize(3)},
	"brotli":     {parquet.WithCompression(compress.Codecs.Brotli), parquet.WithDataPageVersion(parquet.DataPageV2)},
	"lz4":        {parquet.WithCompression(compress.Codecs.Lz4Raw), parquet.WithEncodingFor("text", parquet.Encodings.DeltaByteArray), parquet.WithDictionaryDefault(false)},
}

// However the rows are grouped, paged and packed, each is read once, in order, and the sizes of
// all are that of the file.
func TestRowsPartition(t *testing.T) {
	for name, options := range textOptions {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rapid.Check(t, func(rt *rapid.T) {
				required := rapid.Bool().Draw(rt, "required")
				value := rapid.Custom(func(t *rapid.T) *string {
					if !required && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
						return nil
					}
					return parquettest.Text(rapid.SampledFrom([]string{"", "a", "é\n", "longer text", "\xff\x00"}).Draw(t, "text"))
				})
				groups := rapid.SliceOfN(rapid.SliceOfN(value, 0, 200), 0, 6).Draw(rt, "groups")
				if len(groups) > 0 && rapid.IntRange(0, 9).Draw(rt, "long") == 0 {
					groups[0] = append(groups[0], parquettest.Text(strings.Repeat("long ", 500_000))) // a page of more than a MiB
				}
				f, found, err := Examine(context.Background(), save(rt, dir, encoded(rt, parquettest.Column{Name: "text", Groups: groups, Required: required, Options: options})), "text", nil)
				require.NoError(rt, err)
				require.Len(rt, found, len(groups))
				var want, got []*string
				at, size, start := int64(0), int64(0), int64(0)
				for i, g := range groups {
					want = append(want, g...)
					require.Equal(rt, int64(len(g)), found[i].Rows)
					if at += found[i].Rows; at > start && (i == len(groups)-1 || rapid.Bool().Draw(rt, "cut")) {
						values, part, _, err := rowsOf(f, start, at, 1<<30)
						require.NoError(rt, err)
						got, size, start = append(got, values...), size+part, at
					}
				}
				if start < at { // only groups without rows were left
					values, part, _, err := rowsOf(f, start, at, 1<<30)
					require.NoError(rt, err)
					got, size = append(got, values...), size+part
				}
				require.Equal(rt, at, f.End())
				require.Equal(rt, want, got)
				require.Equal(rt, f.Bytes, size)
			})
		})
	}
}

func someRows() parquettest.Column {
	group := func(texts ...string) (values []*string) {
		for _, s := range texts {
			values = append(values, parquettest.Text(s))
		}
		return append(values, nil)
	}
	return parquettest.Column{Name: "text", Groups: [][]*string{group("one", "two"), group("three " + strings.Repeat("x", 300))}, Options: textOptions["zstd"]}
}

// What is read is hashed so that a null, an empty text and a text in two rows differ; a long one is known by its length.
func TestRowsAreHashed(t *testing.T) {
	seen := map[string]bool{}
	for _, values := range [][]*string{{nil}, {parquettest.Text("")}, {parquettest.Text("ab")}, {parquettest.Text("a"), parquettest.Text("b")}, {parquettest.Text("a"), nil}} {
		f, _, err := Examine(context.Background(), save(t, t.TempDir(), encoded(t, parquettest.Column{Name: "text", Groups: [][]*string{values}})), "text", nil)
		require.NoError(t, err)
		_, _, all, err := rowsOf(f, 0, f.Rows, 100)
		require.NoError(t, err)
		assert.False(t, seen[string(all)], "%q", all)
		seen[string(all)] = true
	}
	f, _, err := Examine(context.Background(), save(t, t.TempDir(), encoded(t, someRows())), "text", nil)
	require.NoError(t, err)
	values, _, _, err := rowsOf(f, 3, 5, 100)
	require.NoError(t, err)
	assert.Equal(t, []*string{parquettest.Text("long"), nil}, values)
	for _, other := range [][2]int64{{0, 2}, {1, 3}, {0, 6}, {2, 5}} {
		_, _, _, err := rowsOf(f, other[0], other[1], 100)
		var changed *ChangedError
		assert.ErrorAs(t, err, &changed, other)
	}
}

// A file that is cut off anywhere is an error before anything is read of it; one that is damaged is
// an error or has another hash, and is never the end of the program.
func TestDamagedRows(t *testing.T) {
	dir := t.TempDir()
	whole := encoded(t, someRows())
	f, _, err := Examine(context.Background(), save(t, dir, whole), "text", nil)
	require.NoError(t, err)
	_, _, want, err := rowsOf(f, 0, f.Rows, 1<<20)
	require.NoError(t, err)
	var damaged *DamagedError
	for n := 4; n < len(whole); n++ {
		_, _, err := Examine(context.Background(), save(t, dir, whole[:n]), "text", nil)
		require.ErrorAs(t, err, &damaged, n)
	}
	assert.ErrorContains(t, err2(Examine(context.Background(), save(t, dir, whole[:len(whole)-1]), "text", nil)), "it has been cut off: its footer")
	noticed := 0
	for i := 4; i < len(whole); i++ {
		text := bytes.Clone(whole)
		text[i] ^= 0x55
		path := save(t, dir, text)
		now, _, err := Examine(context.Background(), path, "text", nil)
		if err == nil {
			var all []byte
			if _, _, all, err = rowsOf(now, 0, now.Rows, 1<<20); err == nil && bytes.Equal(all, want) {
				continue // in what is not read: other columns, statistics
			}
		}
		if noticed++; err != nil {
			var column *ColumnError
			var changed *ChangedError
			var format *FormatError
			require.True(t, errors.As(err, &damaged) || errors.As(err, &column) || errors.As(err, &changed) || errors.As(err, &format), "byte %d: %v", i, err)
		}
	}
	assert.Greater(t, noticed, len(whole)/8)
}

func err2(_ File, _ []Group, err error) error { return err }

func TestColumnErrors(t *testing.T) {
	path := save(t, t.TempDir(), encoded(t, someRows()))
	for column, want := range map[string]string{
		"content": `has no column "content"; name one of text with --field: text`,
		"number":  `has a column "number" that is no text: INT64; name one of text with --field: text`,
		"tags":    `has a column "tags" that is no text: a list of String; name one`,
	} {
		t.Run(column, func(t *testing.T) {
			err := err2(Examine(context.Background(), path, column, nil))
			var e *ColumnError
			require.ErrorAs(t, err, &e)
			assert.ErrorContains(t, err, want)
		})
	}
	lines := save(t, t.TempDir(), []byte("{}\n"))
	assert.ErrorContains(t, err2(Examine(context.Background(), lines, "text", nil)), "is no Parquet: make a run of its own of files of lines")
	assert.ErrorContains(t, err2(Examine(context.Background(), path, "", nil)), "give --records parquet")
	_, err := OpenRows(context.Background(), File{Path: "/nowhere"}, "text", 0, 1, 1)
	assert.ErrorContains(t, err, "it is gone")
}
