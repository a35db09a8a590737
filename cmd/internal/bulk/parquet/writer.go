package parquet

import (
	"errors"
	"fmt"
	"io"

	apache "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Format is Parquet.
type Format struct {
	// Loss: there is a column of labels.
	Loss bool
}

const end = ".parquet"

// A row group has so many ids, or documents, and what the last of them has more.
const (
	groupIDs       = 4 << 20
	groupDocuments = 64 << 10
)

// Ends is that of the one file.
func (Format) Ends() []string { return []string{end} }

// HoldsEmpty is true: the list of such a document is empty.
func (Format) HoldsEmpty() bool { return true }

// OpensEmpty is true.
func (Format) OpensEmpty() bool { return true }

// createdBy is not the version of anything, since the bytes are not to depend on it.
const createdBy = "mtok bulk"

func properties() *apache.WriterProperties {
	return apache.NewWriterProperties(apache.WithCreatedBy(createdBy), apache.WithVersion(apache.V2_6), apache.WithDictionaryDefault(false),
		apache.WithCompression(compress.Codecs.Zstd), apache.WithCompressionLevel(3), apache.WithDataPageVersion(apache.DataPageV1))
}

// The columns, by their places.
const (
	idColumn = iota
	listColumn
	lengthColumn
	labelsColumn // where there are loss masks
)

// noLabel is the label of an id that has no loss: the ignore_index of PyTorch's cross entropy.
const noLabel = -100

func (p Format) newSchema() (*schema.GroupNode, error) {
	required := apache.Repetitions.Required
	id, err := schema.NewPrimitiveNodeLogical("document_id", required, schema.StringLogicalType{}, apache.Types.ByteArray, -1, -1)
	if err != nil {
		return nil, err
	}
	ids, err := schema.ListOfWithName("input_ids", schema.NewInt32Node("element", required, -1), required, -1)
	if err != nil {
		return nil, err
	}
	fields := schema.FieldList{id, ids, schema.NewInt32Node("length", required, -1)}
	if p.Loss {
		labels, err := schema.ListOfWithName("labels", schema.NewInt32Node("element", required, -1), required, -1)
		if err != nil {
			return nil, err
		}
		fields = append(fields, labels)
	}
	return schema.NewGroupNode("schema", required, fields, -1)
}

// writer gathers a row group, and writes it column by column.
type writer struct {
	out     *file.Writer
	names   []apache.ByteArray
	lengths []int32
	ids     []int32
	loss    bool
	labels  []int32
}

// Write begins a shard.
func (p Format) Write(_ format.Shape, f format.Files) (format.Writer, error) {
	out, err := f.Create(end)
	if err != nil {
		return nil, err
	}
	root, err := p.newSchema()
	if err != nil {
		return nil, err
	}
	w := &writer{loss: p.Loss}
	w.out, err = file.NewParquetWriterWithError(onlyWriter{out}, root, file.WithWriterProps(properties()))
	return w, err
}

// onlyWriter hides everything else that a file can do: it is closed by who made it.
type onlyWriter struct{ io.Writer }

// Add adds a row.
func (w *writer) Add(d format.Document) error {
	w.names = append(w.names, apache.ByteArray(d.ID))
	w.lengths = append(w.lengths, int32(len(d.IDs)))
	w.ids = append(w.ids, d.IDs...)
	if w.loss {
		if err := d.CheckLoss(); err != nil {
			return err
		}
		for i, id := range d.IDs {
			if d.Loss[i] == 0 {
				id = noLabel
			}
			w.labels = append(w.labels, id)
		}
	}
	if len(w.ids) < groupIDs && len(w.names) < groupDocuments {
		return nil
	}
	return w.group()
}

// Finish writes the last row group and the footer.
func (w *writer) Finish() error {
	if err := w.group(); err != nil {
		return err
	}
	return w.out.Close()
}

// group writes what was gathered.
func (w *writer) group() (err error) {
	if len(w.names) == 0 {
		return nil
	}
	g, err := w.out.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	columns := lengthColumn + 1
	if w.loss {
		columns = labelsColumn + 1
	}
	for i := range columns {
		c, err := g.NextColumn()
		if err != nil {
			return err
		}
		switch i {
		case idColumn:
			_, err = c.(*file.ByteArrayColumnChunkWriter).WriteBatch(w.names, nil, nil)
		case listColumn:
			err = w.lists(c.(*file.Int32ColumnChunkWriter), w.ids)
		case lengthColumn:
			_, err = c.(*file.Int32ColumnChunkWriter).WriteBatch(w.lengths, nil, nil)
		case labelsColumn:
			err = w.lists(c.(*file.Int32ColumnChunkWriter), w.labels)
		}
		if err := errors.Join(err, c.Close()); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	clear(w.names)
	w.names, w.lengths, w.ids, w.labels = w.names[:0], w.lengths[:0], w.ids[:0], w.labels[:0]
	if cap(w.ids) > 2*groupIDs {
		w.ids, w.labels = nil, nil
	}
	return g.Close()
}

// levelsAtOnce is how many places of lists are written together.
const levelsAtOnce = 64 << 10

// lists writes the ids, or labels, of all documents. A list has a place for each id, or one if it is
// empty: defined says whether there is an id, and repeated whether it is another of the same list.
func (w *writer) lists(c *file.Int32ColumnChunkWriter, ids []int32) error {
	var defined, repeated []int16
	count := 0
	flush := func() error {
		_, err := c.WriteBatch(ids[:count], defined, repeated)
		ids, count = ids[count:], 0
		defined, repeated = defined[:0], repeated[:0]
		return err
	}
	for _, length := range w.lengths {
		if length == 0 {
			defined, repeated = append(defined, 0), append(repeated, 0)
		}
		for i := range length {
			defined, repeated = append(defined, 1), append(repeated, int16(min(i, 1)))
			if count++; len(defined) == levelsAtOnce {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if len(defined) >= levelsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(defined) == 0 {
		return nil
	}
	return flush()
}
