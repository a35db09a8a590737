package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// Group is a row group of Parquet.
type Group struct {
	Rows  int64
	Bytes int64 // of its column, by what the file says; above zero where it has rows
}

// share is how much of a group its n-th row is; those of all rows are the whole.
func (g Group) share(n int64) int64 {
	each := g.Bytes / g.Rows
	if n < g.Rows-1 {
		return each
	}
	return g.Bytes - each*(g.Rows-1)
}

// ColumnError is a file that has no such column of text.
type ColumnError struct {
	Path, Column string
	Is           string   // what the column is; empty if there is none
	Texts        []string // columns that are of text
}

func (e *ColumnError) Error() string {
	what := fmt.Sprintf("has no column %q", e.Column)
	if e.Is != "" {
		what = fmt.Sprintf("has a column %q that is no text: %s", e.Column, e.Is)
	}
	if len(e.Texts) == 0 {
		return fmt.Sprintf("%s %s, and no other of text", e.Path, what)
	}
	return fmt.Sprintf("%s %s; name one of text with --field: %s", e.Path, what, strings.Join(e.Texts, ", "))
}

// usualPage is a page that is read whatever the footer says; larger ones are read where it says that
// there is so much, so that a damaged header does not take all memory.
const usualPage = 64 << 20

// remoteBuffer is what is read of an object at a time: each is a request.
const remoteBuffer = 1 << 20

// table is a file of Parquet that is open.
type table struct {
	reader *file.Reader
	column int   // of the texts
	level  int16 // of definition, of a value that is there
	groups []Group
}

// openTable opens a file, and finds the column. The error is a *DamagedError, a *ColumnError, a
// *ChangedError or one of the machine.
func openTable(ctx context.Context, path, column string) (t *table, err error) {
	in, err := openStored(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ChangedError{Path: path, What: "it is gone"}
	}
	if err != nil {
		return nil, err
	}
	damaged := func(err error) error {
		if unreachable(err) {
			return err
		}
		return &DamagedError{Path: path, Where: "its footer, which lists its row groups", Err: err}
	}
	defer func() {
		if p := recover(); p != nil {
			err = damaged(fmt.Errorf("%v", p))
		}
		if err != nil {
			t, err = nil, errors.Join(err, in.Close())
		}
	}()
	if err := endsAsParquet(in); err != nil {
		return nil, damaged(err)
	}
	props := parquet.NewReaderProperties(memory.NewGoAllocator())
	props.BufferedStreamEnabled, props.PageStreamingEnabled = true, true
	if object.IsURL(path) {
		props.BufferSize = remoteBuffer
	}
	reader, err := file.NewParquetReader(in, file.WithReadProps(props))
	if err != nil {
		return nil, damaged(err)
	}
	t = &table{reader: reader}
	if err := t.find(path, column); err != nil {
		return nil, err
	}
	largest := int64(usualPage)
	for i := range reader.NumRowGroups() {
		meta := reader.MetaData().RowGroup(i)
		chunk, err := meta.ColumnChunk(t.column)
		if err != nil {
			return nil, damaged(err)
		}
		g := Group{Rows: meta.NumRows(), Bytes: max(chunk.TotalUncompressedSize(), 1)}
		if g.Rows < 0 || chunk.NumValues() != g.Rows {
			return nil, damaged(fmt.Errorf("row group %d has %d rows and %d values", i, g.Rows, chunk.NumValues()))
		}
		t.groups = append(t.groups, g)
		largest = max(largest, g.Bytes, chunk.TotalCompressedSize())
	}
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = largest, largest
	return t, nil
}

// endsAsParquet finds out whether a file has its end.
func endsAsParquet(in io.ReadSeeker) error {
	end := make([]byte, 4)
	if _, err := in.Seek(-4, io.SeekEnd); err != nil {
		return io.ErrUnexpectedEOF
	}
	if _, err := io.ReadFull(in, end); err != nil {
		return err
	}
	if string(end) != "PAR1" && string(end) != "PARE" {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// find finds the column, which has to be one of text that is not repeated.
func (t *table) find(path, name string) error {
	all := t.reader.MetaData().Schema
	e := &ColumnError{Path: path, Column: name}
	for i := range all.NumColumns() {
		c := all.Column(i)
		switch text := isText(c); {
		case c.Path() == name && text:
			t.column, t.level = i, c.MaxDefinitionLevel()
			return nil
		case c.Path() == name || strings.HasPrefix(c.Path(), name+"."):
			e.Is = describe(c)
		case text:
			e.Texts = append(e.Texts, c.Path())
		}
	}
	return e
}

// isText reports whether the values are bytes that may be UTF-8, one a row.
func isText(c *schema.Column) bool {
	if c.PhysicalType() != parquet.Types.ByteArray || c.MaxRepetitionLevel() > 0 {
		return false
	}
	switch c.LogicalType().(type) {
	case schema.StringLogicalType, schema.JSONLogicalType, schema.EnumLogicalType, schema.NoLogicalType, schema.UnknownLogicalType, nil:
		return true
	}
	return false
}

func describe(c *schema.Column) string {
	is := c.PhysicalType().String()
	if l := c.LogicalType(); l != nil && !l.IsNone() {
		is = l.String()
	}
	if c.MaxRepetitionLevel() > 0 {
		is = "a list of " + is
	}
	return is
}

// Close gives the file back.
func (t *table) Close() error { return t.reader.Close() }

// examineRows says of a file of Parquet how much there is in its column.
func examineRows(ctx context.Context, f *File, column string) ([]Group, error) {
	t, err := openTable(ctx, f.Path, column)
	if err != nil {
		return nil, err
	}
	for _, g := range t.groups {
		if g.Rows > 0 {
			f.Rows += g.Rows
			f.Bytes += g.Bytes
		}
	}
	return t.groups, t.Close()
}
