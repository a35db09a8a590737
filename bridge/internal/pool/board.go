package pool

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// board is memory that a worker shares with us: which job it runs, how its shortcuts fare, which jobs we do not want any
// more, and its tray, the answers that it has ready and has not sent. pyshim/workers/shm.py is the other side. All cells are
// written and read in one piece. Guarded by the pool's lock; nil when the worker is gone.
type board []byte

// The cells, by their places in bytes.
const (
	boardRunning  = 0
	boardUsed     = 8
	boardCounts   = 16
	boardUnwanted = 128
	boardTray     = boardUnwanted + 8*depth
	boardSize     = 64 << 10
)

// depth is how many jobs a worker has at most: each has a cell of its own at boardUnwanted.
const depth = sched.Depth

// newBoard makes one, and what the worker maps it from.
func newBoard() (board, *os.File, error) {
	f, err := sys.Memfd("worker", boardSize)
	if err != nil {
		return nil, nil, fmt.Errorf("pool: %w", err)
	}
	b, err := sys.Map(f, boardSize)
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("pool: %w", err)
	}
	return b, f, nil
}

func (b board) close() { sys.Unmap(b) }

func (b board) cell(at int) uint64 { return binary.NativeEndian.Uint64(b[at:]) }

// running is the number of the job that runs, 0 when none does.
func (b board) running() uint64 { return b.cell(boardRunning) }

// unwanted has the worker leave a job out, if it has not begun.
func (b board) unwanted(serial uint64) {
	binary.NativeEndian.PutUint64(b[boardUnwanted+8*(serial%depth):], serial)
}

// tray returns a copy of what is on the tray, in the form in which it would be sent. It may be trusted when the worker
// is gone, and when one job runs before and after.
func (b board) tray() []byte {
	used := min(b.cell(boardUsed), boardSize-boardTray)
	return append([]byte(nil), b[boardTray:boardTray+used]...)
}

// counts tells how shortcuts have fared, see census.
func (b board) counts() (c counts) {
	for i := range c {
		c[i] = int64(b.cell(boardCounts + 8*i))
	}
	return c
}
