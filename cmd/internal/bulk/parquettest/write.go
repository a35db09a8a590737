// Package parquettest writes files of Parquet for tests.
package parquettest

import (
	"bytes"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// Text is a value of a column; nil for none.
func Text(s string) *string { return &s }

// Column is what a file has of texts.
type Column struct {
	Name     string
	Groups   [][]*string // the values of each row group
	Required bool        // there are no nulls
	Options  []parquet.WriterProperty
}

// Encode is a file with a column of numbers, one of lists of text, and the given one.
func (c Column) Encode() ([]byte, error) {
	repetition := parquet.Repetitions.Optional
	if c.Required {
		repetition = parquet.Repetitions.Required
	}
	text, err := schema.NewPrimitiveNodeLogical(c.Name, repetition, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	if err != nil {
		return nil, err
	}
	element, err := schema.NewPrimitiveNodeLogical("tags", parquet.Repetitions.Repeated, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	if err != nil {
		return nil, err
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, schema.FieldList{
		schema.NewInt64Node("number", parquet.Repetitions.Required, -1), element, text,
	}, -1)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := file.NewParquetWriterWithError(&out, root, file.WithWriterProps(parquet.NewWriterProperties(c.Options...)))
	if err != nil {
		return nil, err
	}
	for _, values := range c.Groups {
		g, err := w.AppendRowGroupChecked()
		if err != nil {
			return nil, err
		}
		if err := c.group(g, values); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

func (c Column) group(g file.SerialRowGroupWriter, values []*string) error {
	numbers, none, levels := make([]int64, len(values)), make([]int16, len(values)), make([]int16, len(values))
	texts := make([]parquet.ByteArray, 0, len(values))
	for i, v := range values {
		numbers[i] = int64(i)
		if v != nil {
			levels[i] = 1
			texts = append(texts, parquet.ByteArray(*v))
		}
	}
	if c.Required {
		levels = nil
	}
	column, err := g.NextColumn()
	if err != nil {
		return err
	}
	if _, err := column.(*file.Int64ColumnChunkWriter).WriteBatch(numbers, nil, nil); err != nil {
		return err
	}
	if err := column.Close(); err != nil {
		return err
	}
	for _, column := range []struct {
		values        []parquet.ByteArray
		levels, again []int16
	}{{nil, none, none}, {texts, levels, nil}} {
		w, err := g.NextColumn()
		if err != nil {
			return err
		}
		if _, err := w.(*file.ByteArrayColumnChunkWriter).WriteBatch(column.values, column.levels, column.again); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return g.Close()
}
