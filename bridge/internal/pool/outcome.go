package pool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// outcome is what a worker answers to one job.
type outcome struct {
	serial  uint64
	skipped bool // as nobody wanted it any more
	reply   wire.Reply
	err     error // why there is no reply
}

const (
	// jobHead is before a frame and before an answer: a length and the number of the job.
	jobHead = 16
	// In the length of an answer: what follows says why there is no reply; nothing was done.
	faultBit   = 1 << 63
	skippedBit = 1 << 62
)

var errFault = errors.New("python")

// parseHead reads what is before an answer of n bytes.
func parseHead(head []byte) (o outcome, n uint64) {
	n = binary.LittleEndian.Uint64(head)
	o.serial = binary.LittleEndian.Uint64(head[8:])
	o.skipped = n&skippedBit != 0
	if n&faultBit != 0 {
		o.err = errFault
	}
	return o, n &^ (faultBit | skippedBit)
}

// fill reads what an answer consists of. The reply's texts are parts of data.
func (o *outcome) fill(data []byte) (err error) {
	switch {
	case o.skipped:
	case o.err != nil:
		o.err = fmt.Errorf("%w: %s", errFault, data)
	default:
		o.reply, err = wire.ParseReply(data)
	}
	return err
}

// own copies the reply's texts out of the memory that was read.
func (o *outcome) own() {
	o.reply.Body = slices.Clone(o.reply.Body)
	for i, buf := range o.reply.Bufs {
		o.reply.Bufs[i] = slices.Clone(buf)
	}
}

// parseReplies reads the replies that a worker had ready; the first incomplete one ends them.
func parseReplies(data []byte) (all []outcome) {
	for len(data) >= jobHead {
		o, n := parseHead(data)
		data = data[jobHead:]
		if n > uint64(len(data)) || o.fill(data[:n]) != nil {
			return all
		}
		all = append(all, o)
		data = data[n:]
	}
	return all
}
