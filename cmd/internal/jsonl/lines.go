package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// line is one line of the input, or why there is none: a *protoError if the next
// line can be served all the same.
type line struct {
	text []byte
	err  error
}

// readLines sends the lines of in that are not blank, and closes the channel at
// the end.
func readLines(ctx context.Context, in io.Reader, limit int, lines chan<- line) {
	defer close(lines)
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		text, err := readLine(r, limit)
		if len(bytes.TrimSpace(text)) > 0 || errors.As(err, new(*protoError)) {
			l := line{text: text}
			if errors.As(err, new(*protoError)) {
				l.err, err = err, nil
			}
			if !send(ctx, lines, l) {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			send(ctx, lines, line{err: fmt.Errorf("read the requests: %w", err)})
			return
		}
	}
}

func send(ctx context.Context, lines chan<- line, l line) bool {
	select {
	case lines <- l:
		return true
	case <-ctx.Done():
		return false
	}
}

// readLine reads up to and with the next newline. Of a line beyond the limit
// nothing is kept, and the one behind it is next.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var text []byte
	size := 0
	for {
		part, err := r.ReadSlice('\n')
		size += len(part)
		if size <= limit {
			text = append(text, part...)
		} else {
			text = nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if size > limit && (err == nil || errors.Is(err, io.EOF)) {
			return nil, &protoError{"LineTooLong", fmt.Sprintf(
				"the line has %d bytes, the limit is %d; send less in one request", size, limit)}
		}
		return text, err
	}
}
