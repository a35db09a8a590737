package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Record is one line of a file, or one row.
type Record struct {
	Place  int64  // of its first byte; of a row its number
	Length int64  // in bytes, of a line with its newline
	Raw    []byte // with its newline, until the next call; nil beyond the limit
	Null   bool   // a row without a value
	Bytes  int64  // how much of the input it is
}

// Lines are the lines whose first byte is in a range of a file.
type Lines struct {
	r     *Reader
	in    *bufio.Reader
	file  File
	limit int64
	pos   int64 // of the next line
	end   int64
	long  []byte
	// Each is given all bytes of the lines, in their order, also of those beyond the limit.
	Each func(p []byte)
}

// OpenLines opens the lines that begin in [start, end) of a file. Of a line with more bytes than
// limit only its length is kept.
func OpenLines(ctx context.Context, f File, start, end, limit int64) (*Lines, error) {
	// A line begins at start if the byte before it is the end of another.
	r, err := OpenAt(ctx, f, max(start-1, 0))
	if err != nil {
		return nil, err
	}
	l := &Lines{r: r, in: bufio.NewReaderSize(r, 256<<10), file: f, limit: limit, pos: start, end: end, Each: func([]byte) {}}
	if start > 0 {
		n, err := l.skip()
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.pos = start - 1 + n
	}
	return l, nil
}

// skip reads to the end of a line.
func (l *Lines) skip() (n int64, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		n += int64(len(part))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return n, nil
		default:
			return n, err
		}
	}
}

// Next is the next line, or io.EOF behind the last one. Other errors are about the file:
// *DamagedError, *ChangedError.
func (l *Lines) Next() (Record, error) {
	if l.pos >= l.end {
		return Record{}, l.atEnd()
	}
	line := Record{Place: l.pos}
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		l.Each(part)
		line.Length += int64(len(part))
		full := errors.Is(err, bufio.ErrBufferFull)
		switch {
		case line.Length > l.limit:
			line.Raw = nil
		case !full && len(l.long) == 0:
			line.Raw = part
		default:
			l.long = append(l.long, part...)
			line.Raw = l.long
		}
		if full {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return line, err
		}
		break
	}
	l.pos += line.Length
	line.Bytes = line.Length
	if line.Length == 0 || l.pos > l.file.Bytes {
		return line, l.changed()
	}
	if cap(l.long) > 16<<20 {
		l.long = nil
	}
	return line, nil
}

// atEnd makes sure that the file ends where it did.
func (l *Lines) atEnd() error {
	if l.end < l.file.Bytes && l.pos < l.file.Bytes {
		return io.EOF
	}
	if _, err := l.in.ReadByte(); err == nil || l.pos != l.file.Bytes {
		return l.changed()
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return io.EOF
}

func (l *Lines) changed() error {
	return &ChangedError{Path: l.file.Path, What: fmt.Sprintf("it had %d bytes unpacked, and has another number; byte %d was read", l.file.Bytes, l.pos)}
}

// Pos is where the next line begins.
func (l *Lines) Pos() int64 { return l.pos }

// Close gives the file back.
func (l *Lines) Close() error { return l.r.Close() }

// Text is what a line holds: without its newline, of either kind, and without the mark that some
// editors put at the beginning of a file.
func (r Record) Text() []byte {
	text := r.Raw
	if r.Place == 0 {
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	}
	if cut, ok := bytes.CutSuffix(text, []byte("\n")); ok {
		text = bytes.TrimSuffix(cut, []byte("\r"))
	}
	return text
}
