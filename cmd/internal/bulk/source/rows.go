package source

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// rowsAtOnce is how many rows are decoded together.
const rowsAtOnce = 64

// nullLength stands for the length of a value that is not there, in what Each is given.
const nullLength = ^uint64(0)

// Rows are the values of a column in a range of rows, which is one of whole row groups. A page of
// them is in memory, no matter how large a row group is.
type Rows struct {
	file   File
	table  *table
	groups []Group // of the range
	next   int     // the group in the file that is opened next
	limit  int64
	pos    int64 // number of the next row

	column *file.ByteArrayColumnChunkReader // of the open group; nil for none
	group  Group
	left   int64 // rows of the open group that are not decoded
	given  int64 // rows of it that were given

	values []parquet.ByteArray
	levels []int16
	batch  int // how many levels are decoded
	level  int // the next of them
	value  int // the next of values
	// Each is given, of each row, the length of its value in eight bytes, and the value.
	Each func(p []byte)
}

// OpenRows opens the rows [start, end) of a column. Of a value with more bytes than limit only its
// length is kept.
func OpenRows(ctx context.Context, f File, column string, start, end, limit int64) (*Rows, error) {
	t, err := openTable(ctx, f.Path, column)
	if err != nil {
		return nil, err
	}
	r := &Rows{file: f, table: t, limit: limit, pos: start, values: make([]parquet.ByteArray, rowsAtOnce), levels: make([]int16, rowsAtOnce), Each: func([]byte) {}}
	first, at := 0, int64(0)
	for first < len(t.groups) && at < start {
		at += t.groups[first].Rows
		first++
	}
	if r.next = first; at == start {
		for last := first; last < len(t.groups) && at < end; last++ {
			at += t.groups[last].Rows
			r.groups = t.groups[first : last+1]
		}
		if at == end {
			return r, nil
		}
	}
	changed := &ChangedError{Path: f.Path, What: fmt.Sprintf("its row groups are not those of rows %d to %d any more", start, end)}
	return nil, errors.Join(changed, t.Close())
}

// Next is the next row, or io.EOF behind the last one. Other errors are about the file:
// *DamagedError.
func (r *Rows) Next() (record Record, err error) {
	defer func() {
		// What a damaged page makes the decoder do is not always an error.
		if p := recover(); p != nil {
			err = r.damaged(fmt.Errorf("%v", p))
		}
	}()
	for r.level == r.batch {
		if err := r.decode(); err != nil {
			return Record{}, err
		}
	}
	record.Place = r.pos
	record.Bytes = r.group.share(r.given)
	record.Null = r.levels[r.level] < r.table.level
	length := nullLength
	if !record.Null {
		record.Raw = r.values[r.value]
		record.Length = int64(len(record.Raw))
		length = uint64(record.Length)
		r.value++
	}
	r.Each(binary.LittleEndian.AppendUint64(nil, length))
	r.Each(record.Raw)
	if record.Length > r.limit {
		record.Raw = nil
	} else if record.Raw == nil && !record.Null {
		record.Raw = []byte{}
	}
	r.level++
	r.given++
	r.pos++
	return record, nil
}

// decode decodes some rows, of the next group where the open one has none left; io.EOF if there
// is no next group.
func (r *Rows) decode() error {
	if r.left == 0 {
		return r.open()
	}
	n, _, err := r.column.ReadBatchInPage(min(rowsAtOnce, r.left), r.values, r.levels, nil)
	if err == nil {
		err = r.column.Err()
	}
	if err == nil && n == 0 {
		err = errors.New("a row group ends before its last row")
	}
	if err != nil {
		return r.damaged(err)
	}
	if r.table.level == 0 { // all are there, and there are no levels
		clear(r.levels)
	}
	r.level, r.value, r.batch = 0, 0, int(n)
	r.left -= n
	return nil
}

// open opens the next row group.
func (r *Rows) open() error {
	if r.column != nil {
		more := r.column.HasNext()
		err := errors.Join(r.column.Err(), r.column.Close())
		if r.column = nil; err == nil && more {
			err = errors.New("a row group has more values than rows")
		}
		if err != nil {
			return r.damaged(err)
		}
	}
	if len(r.groups) == 0 {
		return io.EOF
	}
	r.group, r.groups = r.groups[0], r.groups[1:]
	r.left, r.given = r.group.Rows, 0
	if r.left > 0 {
		column, err := r.table.reader.RowGroup(r.next).Column(r.table.column)
		if err != nil {
			return r.damaged(err)
		}
		r.column = column.(*file.ByteArrayColumnChunkReader) // as openTable has made sure
	}
	r.next++
	return nil
}

func (r *Rows) damaged(err error) error {
	if unreachable(err) {
		return err
	}
	return &DamagedError{Path: r.file.Path, Where: fmt.Sprintf("row %d", r.pos), Err: err}
}

// Pos is the number of the next row.
func (r *Rows) Pos() int64 { return r.pos }

// Close gives the file back.
func (r *Rows) Close() error {
	var err error
	if r.column != nil {
		err = r.column.Close()
	}
	return errors.Join(err, r.table.Close())
}
