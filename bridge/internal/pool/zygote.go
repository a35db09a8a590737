package pool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// zygote is the process that workers are forked from. One command at a time.
type zygote struct {
	*process
	generation int     // counts up with each change and each restart
	loaded     objects // what it has loaded

	mu   sync.Mutex
	dead atomic.Bool

	workers int  // that have not been reaped; guarded by the pool's lock
	retired bool // another one has taken its place; guarded by the pool's lock
}

func newZygote(p *process, before *zygote) *zygote {
	z := &zygote{process: p}
	if before != nil {
		z.generation, z.loaded = before.generation+1, before.loaded
	}
	return z
}

var errZygote = errors.New("the parent of the workers does not answer")

// commandLimit is for what takes a zygote milliseconds, and seconds where it imports the reference; more where there are
// no processors to spare.
const commandLimit = 5 * time.Minute

func (z *zygote) gone() bool { return z.dead.Load() }

// fail gives the zygote up.
func (z *zygote) fail(err error) error {
	z.dead.Store(true)
	z.kill()
	return fmt.Errorf("%w: %w", errZygote, err)
}

func (z *zygote) command(kind byte, rights, payload []byte, limit time.Duration) ([]byte, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.gone() {
		return nil, errZygote
	}
	var until time.Time
	if limit > 0 {
		until = time.Now().Add(limit)
	}
	if err := z.conn.SetDeadline(until); err != nil {
		return nil, z.fail(err)
	}
	head := binary.LittleEndian.AppendUint64([]byte{kind}, uint64(len(payload)))
	if n, _, err := z.conn.WriteMsgUnix(head, rights, nil); err != nil || n != len(head) {
		return nil, z.fail(err)
	}
	if len(payload) > 0 {
		if _, err := z.conn.Write(payload); err != nil {
			return nil, z.fail(err)
		}
	}
	data, err := readAnswer(z.conn)
	if err != nil {
		return nil, z.fail(err)
	}
	return data, nil
}

// fork makes a process with a new link: a worker ('w'), which is given shared as well, or a successor ('s').
func (z *zygote) fork(kind byte, payload []byte, shared *os.File, o *Options) (*process, error) {
	l, err := newLink()
	if err != nil {
		return nil, err
	}
	if shared != nil {
		l.childFiles = append(l.childFiles, shared)
	}
	data, err := z.command(kind, l.rights(), payload, commandLimit)
	l.closeChildFiles()
	if err == nil && len(data) != 4 {
		err = z.fail(errTooLong)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	pid := int32(binary.LittleEndian.Uint32(data))
	if pid < 0 { // it lives, and its fork failed
		l.close()
		return nil, fmt.Errorf("pool: fork: %w", syscall.Errno(-pid))
	}
	return newProcess(l, int(pid), z, o.Log), nil
}

// waitPID returns the wait status of a child that has ended or is about to.
func (z *zygote) waitPID(pid int) int {
	data, err := z.command('r', nil, binary.LittleEndian.AppendUint32(nil, uint32(pid)), commandLimit)
	if err != nil || len(data) != 4 {
		return -1
	}
	return int(int32(binary.LittleEndian.Uint32(data)))
}

// answer is what a zygote says to a frame.
type answer struct {
	wantsFork bool   // it would have to load something: ask a successor
	id        uint32 // of the object that a load is about
	reply     wire.Reply
}

const (
	verdictFinal = iota
	verdictWantsFork
	verdictFault
)

func parseAnswer(data []byte) (a answer, err error) {
	if len(data) < 5 {
		return a, errTooLong
	}
	verdict, rest := data[0], data[5:]
	a.id = binary.LittleEndian.Uint32(data[1:])
	switch verdict {
	case verdictWantsFork:
		a.wantsFork = true
		return a, nil
	case verdictFinal:
		a.reply, err = wire.ParseReply(rest)
		return a, err
	case verdictFault:
		return a, fmt.Errorf("python: %s", rest)
	}
	return a, errTooLong
}

// runFrame runs a frame in the zygote itself: 'c' loads nothing, 'l' may.
func (z *zygote) runFrame(kind byte, frame []byte, limit time.Duration) (answer, error) {
	data, err := z.command(kind, nil, frame, limit)
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(data)
}

// fingerprint distinguishes objects with the same number in two processes: it is that of the loaded file. If wanted is
// another one, the answer is the error of a call.
func (z *zygote) fingerprint(id uint32, wanted uint64) (mark uint64, a answer, err error) {
	payload := binary.LittleEndian.AppendUint32(nil, id)
	data, err := z.command('i', nil, binary.LittleEndian.AppendUint64(payload, wanted), commandLimit)
	if err != nil {
		return 0, a, err
	}
	if len(data) < 8 {
		return 0, a, z.fail(errTooLong)
	}
	mark = binary.LittleEndian.Uint64(data)
	if wanted != 0 && mark != wanted {
		a, err = parseAnswer(data[8:])
	}
	return mark, a, err
}

// stop ends the zygote and waits for its end.
func (z *zygote) stop() {
	z.dead.Store(true)
	_ = z.conn.Close()
	z.kill()
	z.reap()
}
