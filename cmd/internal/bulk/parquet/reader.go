package parquet

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"
	apache "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

type reader struct {
	path string
	in   *file.Reader
	loss bool
}

// Open opens the file, and checks that its columns are those that are written.
func (p Format) Open(base string) (r format.Reader, err error) {
	path := base + end
	defer asError(path, &err)
	props := apache.NewReaderProperties(memory.NewGoAllocator())
	props.BufferedStreamEnabled = true
	in, err := file.OpenParquetFile(path, false, file.WithReadProps(props))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	root, err := p.newSchema()
	if err == nil && !in.MetaData().Schema.Root().Equals(root) {
		err = fmt.Errorf("%s has other columns than %s", path, p.columns())
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return &reader{path, in, p.Loss}, nil
}

func (p Format) columns() string {
	if p.Loss {
		return "document_id, input_ids, length and labels"
	}
	return "document_id, input_ids and length"
}

// asError makes an error of what a damaged file makes the decoder do.
func asError(path string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s is damaged: %v", path, p)
	}
}

// Documents is how many there are.
func (r *reader) Documents() int64 { return r.in.NumRows() }

// Document is one by its number.
func (r *reader) Document(n int64) (d format.Document, err error) {
	defer asError(r.path, &err)
	if n < 0 || n >= r.Documents() {
		return d, fmt.Errorf("there is no document %d: there are %d", n, r.Documents())
	}
	for i := range r.in.NumRowGroups() {
		g := r.in.RowGroup(i)
		if n >= g.NumRows() {
			n -= g.NumRows()
			continue
		}
		if d.IDs, err = r.list(g, listColumn, n); err != nil || !r.loss {
			return d, err
		}
		labels, err := r.list(g, labelsColumn, n)
		if err == nil {
			d.Loss, err = lossOf(d.IDs, labels)
		}
		return d, err
	}
	return d, fmt.Errorf("%s has fewer rows than it says", r.path)
}

// list is the list of a column in a row of a row group.
func (r *reader) list(g *file.RowGroupReader, column int, row int64) (ids []int32, err error) {
	l, err := openLists(g, column)
	if err != nil {
		return nil, err
	}
	for range row + 1 {
		if ids, err = l.next(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.path, err)
		}
	}
	return ids, l.column.Close()
}

// lossOf is the loss mask that labels say.
func lossOf(ids, labels []int32) ([]byte, error) {
	if len(labels) != len(ids) {
		return nil, fmt.Errorf("there are %d labels for %d ids", len(labels), len(ids))
	}
	loss := make([]byte, len(ids))
	for i, label := range labels {
		switch label {
		case noLabel:
		case ids[i]:
			loss[i] = 1
		default:
			return nil, fmt.Errorf("the label %d of the id %d is neither that id nor %d", label, ids[i], noLabel)
		}
	}
	return loss, nil
}

// Each goes over the documents: each is as long as its length says.
func (r *reader) Each(do func(n int64, d format.Document) error) (err error) {
	n := int64(0)
	for i := range r.in.NumRowGroups() {
		if err := r.group(i, &n, do); err != nil {
			return err
		}
	}
	if n != r.Documents() {
		return fmt.Errorf("%s has %d rows, and says %d", r.path, n, r.Documents())
	}
	return nil
}

// group goes over the documents of a row group.
func (r *reader) group(i int, n *int64, do func(n int64, d format.Document) error) error {
	rows, err := openRows(r.in.RowGroup(i), r.path, r.loss)
	if err != nil {
		return err
	}
	for range r.in.RowGroup(i).NumRows() {
		d, err := rows.next()
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", r.path, *n, err)
		}
		if err := do(*n, d); err != nil {
			return err
		}
		*n++
	}
	return rows.end()
}

// Close gives the file back.
func (r *reader) Close() error { return r.in.Close() }
