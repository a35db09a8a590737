package parquet

import (
	"errors"
	"fmt"

	apache "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

var errFewer = errors.New("its row group has fewer values than rows")

// rows are those of a row group, its columns read side by side.
type rows struct {
	path    string
	names   *file.ByteArrayColumnChunkReader
	lists   *lists
	lengths *file.Int32ColumnChunkReader
	labels  *lists // nil without
}

func openRows(g *file.RowGroupReader, path string, loss bool) (r *rows, err error) {
	defer asError(path, &err)
	names, err := g.Column(idColumn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	l, err := openLists(g, listColumn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lengths, err := g.Column(lengthColumn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r = &rows{path: path, names: names.(*file.ByteArrayColumnChunkReader), lists: l, lengths: lengths.(*file.Int32ColumnChunkReader)}
	if loss {
		if r.labels, err = openLists(g, labelsColumn); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return r, nil
}

// next is the next row.
func (r *rows) next() (d format.Document, err error) {
	defer asError(r.path, &err)
	var name [1]apache.ByteArray
	var length [1]int32
	if _, n, err := r.names.ReadBatch(1, name[:], nil, nil); err != nil || n != 1 {
		return d, errors.Join(errFewer, err, r.names.Err())
	}
	if _, n, err := r.lengths.ReadBatch(1, length[:], nil, nil); err != nil || n != 1 {
		return d, errors.Join(errFewer, err, r.lengths.Err())
	}
	d.ID = string(name[0])
	if d.IDs, err = r.lists.next(); err != nil {
		return d, err
	}
	if int64(length[0]) != int64(len(d.IDs)) {
		return d, fmt.Errorf("its length says %d ids, and there are %d", length[0], len(d.IDs))
	}
	if r.labels == nil {
		return d, nil
	}
	labels, err := r.labels.next()
	if err == nil {
		d.Loss, err = lossOf(d.IDs, labels)
	}
	return d, err
}

// end makes sure that nothing is left over.
func (r *rows) end() (err error) {
	defer asError(r.path, &err)
	more := r.names.HasNext() || r.lengths.HasNext() || r.lists.more()
	if r.labels != nil {
		more = more || r.labels.more()
		if err := errors.Join(r.labels.column.Err(), r.labels.column.Close()); err != nil {
			return err
		}
	}
	if err := errors.Join(r.names.Err(), r.lengths.Err(), r.lists.column.Err(), r.names.Close(), r.lengths.Close(), r.lists.column.Close()); err != nil {
		return err
	}
	if more {
		return fmt.Errorf("%s: a row group has more values than rows", r.path)
	}
	return nil
}

// lists are those of a row group.
type lists struct {
	column            *file.Int32ColumnChunkReader
	values            []int32
	defined, repeated []int16
	levels            int // that are decoded
	level, value      int // the next of them
}

const decodedAtOnce = 4096

func openLists(g *file.RowGroupReader, column int) (*lists, error) {
	c, err := g.Column(column)
	if err != nil {
		return nil, err
	}
	return &lists{column: c.(*file.Int32ColumnChunkReader), values: make([]int32, decodedAtOnce),
		defined: make([]int16, decodedAtOnce), repeated: make([]int16, decodedAtOnce)}, nil
}

// more decodes what comes next; false at the end or after an error, which the column returns.
func (l *lists) more() bool {
	if l.level < l.levels {
		return true
	}
	n, _, err := l.column.ReadBatch(decodedAtOnce, l.values, l.defined, l.repeated)
	l.levels, l.level, l.value = int(n), 0, 0
	return err == nil && n > 0
}

// next is the next list.
func (l *lists) next() ([]int32, error) {
	ids := []int32{}
	for first := true; l.more() && (first || l.repeated[l.level] > 0); first = false {
		if first && l.repeated[l.level] > 0 {
			return nil, errors.New("a list has no beginning")
		}
		if l.defined[l.level] > 0 {
			ids = append(ids, l.values[l.value])
			l.value++
		}
		if l.level++; first && l.defined[l.level-1] == 0 {
			return ids, l.column.Err()
		}
	}
	return ids, l.column.Err()
}
