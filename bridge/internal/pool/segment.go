package pool

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// segment is the memory that a worker shares with us: which job it runs, the counters of its shortcuts, which jobs it is to
// skip, and the replies that it has ready and has not sent. pyshim/workers/shm.py is the other side. Each word of 8 bytes
// is written and read in one piece. Guarded by the pool's lock; nil when the worker has exited.
type segment []byte

// Offsets in bytes.
const (
	offsetRunning  = 0
	offsetUsed     = 8
	offsetCounts   = 16
	offsetUnwanted = 128
	offsetReplies  = offsetUnwanted + 8*depth
	segmentSize    = 64 << 10
)

// depth is how many jobs a worker has at most: each has a word of its own at offsetUnwanted.
const depth = sched.Depth

// newSegment makes one, and what the worker maps it from.
func newSegment() (segment, *os.File, error) {
	f, err := sys.Memfd("worker", segmentSize)
	if err != nil {
		return nil, nil, fmt.Errorf("pool: %w", err)
	}
	b, err := sys.Map(f, segmentSize)
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("pool: %w", err)
	}
	return b, f, nil
}

func (b segment) close() { sys.Unmap(b) }

func (b segment) word(at int) uint64 { return binary.NativeEndian.Uint64(b[at:]) }

// running is the number of the job that runs, 0 when none does.
func (b segment) running() uint64 { return b.word(offsetRunning) }

// unwanted has the worker skip a job that it has not begun.
func (b segment) unwanted(serial uint64) {
	binary.NativeEndian.PutUint64(b[offsetUnwanted+8*(serial%depth):], serial)
}

// replies returns a copy of the replies that are ready, in the form in which they would be sent. It is consistent when the
// worker has exited, and when the same job runs before and after.
func (b segment) replies() []byte {
	used := min(b.word(offsetUsed), segmentSize-offsetReplies)
	return append([]byte(nil), b[offsetReplies:offsetReplies+used]...)
}

// counters are what the worker has counted, see shortcutStats.
func (b segment) counters() (c counters) {
	for i := range c {
		c[i] = int64(b.word(offsetCounts + 8*i))
	}
	return c
}
