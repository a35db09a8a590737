package pool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

const (
	// readBufferSize is the memory for answers of a worker; a larger one has memory of its own.
	readBufferSize = 256 << 10
	// maxReply is more than any honest answer.
	maxReply = 8 << 30
	// maxTrustedAlloc is how much is allocated on the word of a length alone.
	maxTrustedAlloc = 64 << 20
)

var errTooLong = errors.New("the length of the answer cannot be true")

// receive takes the answers, and sees the worker's end.
func (w *worker) receive() {
	defer w.pool.wg.Done()
	r := bufio.NewReaderSize(w.raw, readBufferSize)
	var batch []outcome
	for {
		var err error
		batch, err = readOutcomes(r, batch[:0])
		if !w.pool.completeBatch(w, batch) {
			err = errTooLong
		}
		clear(batch)
		if err != nil {
			w.pool.workerExited(w, err)
			return
		}
	}
}

// readOutcomes waits for an answer, and takes those behind it that are there by then. They count also when there is an
// error after them.
func readOutcomes(r *bufio.Reader, batch []outcome) ([]outcome, error) {
	for {
		o, err := readOutcome(r)
		if err != nil {
			return batch, err
		}
		if batch = append(batch, o); !hasWholeReply(r) {
			return batch, nil
		}
	}
}

func readOutcome(r *bufio.Reader) (outcome, error) {
	head, err := r.Peek(jobHead)
	if err != nil {
		return outcome{}, err
	}
	o, n := parseHead(head)
	if n > uint64(r.Size()-jobHead) {
		_, _ = r.Discard(jobHead)
		return o, o.read(r, n)
	}
	data, err := r.Peek(jobHead + int(n))
	if err == nil {
		err = o.fill(data[jobHead:])
	}
	if err == nil {
		o.own()
		_, err = r.Discard(len(data))
	}
	return o, err
}

// read reads an answer of n bytes that does not fit into the memory of r. Ints, which are nearly all of one, become what
// they are as they come, so that it is not there twice.
func (o *outcome) read(r *bufio.Reader, n uint64) error {
	if n > maxReply {
		return errTooLong
	}
	if o.skipped || o.err != nil {
		data, err := readBody(r, n)
		if err != nil {
			return err
		}
		return o.fill(data)
	}
	head, err := r.Peek(wire.ReplyHeaderSize)
	if err != nil {
		return err
	}
	h, err := wire.ParseReplyHeader(head)
	if err != nil {
		return err
	}
	begin, ints := wire.ReplyHeaderSize+h.BodyLen, 4*uint64(h.Ints)
	if h.BodyLen > n || begin > n || ints > n-begin {
		return fmt.Errorf("%w: truncated", wire.ErrFrame)
	}
	data, err := readBody(r, begin)
	if err != nil {
		return err
	}
	list, err := readInts(r, uint64(h.Ints))
	if err != nil {
		return err
	}
	rest, err := readBody(r, n-begin-ints)
	if err != nil {
		return err
	}
	o.reply, err = wire.JoinReply(h, data, list, rest)
	return err
}

// readInts reads n numbers of 4 bytes; nil for none.
func readInts(r *bufio.Reader, n uint64) (list []int32, err error) {
	for n > 0 {
		piece, err := r.Peek(int(min(4*n, readBufferSize)))
		if err != nil {
			return nil, err
		}
		if list == nil {
			list = make([]int32, 0, min(n, maxTrustedAlloc/4))
		}
		list = wire.ReadInt32s(list, piece)
		n -= uint64(len(piece) / 4)
		if _, err := r.Discard(len(piece)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// hasWholeReply reports whether a whole answer is here already.
func hasWholeReply(r *bufio.Reader) bool {
	if r.Buffered() < jobHead {
		return false
	}
	head, _ := r.Peek(jobHead)
	_, n := parseHead(head)
	return n <= uint64(r.Buffered()-jobHead)
}

// readAnswer reads a length and what it announces: what a zygote says.
func readAnswer(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	return readBody(r, binary.LittleEndian.Uint64(head[:]))
}

func readBody(r io.Reader, n uint64) ([]byte, error) {
	if n > maxReply {
		return nil, errTooLong
	}
	data := make([]byte, min(n, maxTrustedAlloc))
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	for uint64(len(data)) < n {
		have := len(data)
		data = append(data, make([]byte, min(n-uint64(have), uint64(have)))...)
		if _, err := io.ReadFull(r, data[have:]); err != nil {
			return nil, err
		}
	}
	return data, nil
}
