package pool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// worker is a process that runs jobs, one at a time.
type worker struct {
	*process
	pool   *Pool
	zygote *zygote
	in     chan *Job // never more than one
	out    []byte    // the writer's

	// Guarded by the pool's lock.
	job     *Job
	jobs    uint64 // that it was given
	leaving bool   // it is to go, and its end is no crash
	began   time.Time
	limit   *time.Timer // of the job
	stats   WorkerStats
}

func (p *Pool) newWorker(z *zygote, proc *process) *worker {
	w := &worker{process: proc, pool: p, zygote: z, in: make(chan *Job, 1)}
	w.stats = WorkerStats{PID: proc.pid, Started: time.Now()}
	w.limit = time.AfterFunc(time.Hour, w.overdue)
	w.limit.Stop()
	return w
}

// overdue ends a job that has run too long, with its worker.
func (w *worker) overdue() {
	p := w.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	j := w.job
	if j == nil || time.Since(w.began) < p.options.TimeLimit {
		return // that one is over, and this is the next
	}
	if p.settle(j, wire.Reply{}, &WorkerError{Kind: ErrTimeLimit, PID: w.pid, Exit: -1}) {
		p.stats.Failed++
	}
	j.end()
}

// write sends the jobs. It is a goroutine of its own because a worker may be slow to read.
func (w *worker) write() {
	defer w.pool.wg.Done()
	for j := range w.in {
		if w.send(j) != nil {
			return // whoever reads sees the same, and tells
		}
	}
}

// whole is up to which size a frame is copied behind its length, to be sent in one write.
const whole = 32 << 10

func (w *worker) send(j *Job) error {
	const header = wire.RequestHeaderSize
	head := binary.LittleEndian.AppendUint64(w.out[:0], uint64(len(j.frame)))
	head = binary.LittleEndian.AppendUint64(head, j.serial)
	head = append(head, j.frame[:header]...)
	if j.object != nil { // its number there; the frame is the caller's, and stays as it is
		binary.LittleEndian.PutUint32(head[16+4:], w.zygote.known[j.object])
	}
	if len(j.frame) <= whole {
		w.out = append(head, j.frame[header:]...)
		_, err := w.conn.Write(w.out)
		return err
	}
	parts := net.Buffers{head, j.frame[header:]}
	_, err := parts.WriteTo(w.conn)
	return err
}

// read takes the answers, and sees the worker's end.
func (w *worker) read() {
	defer w.pool.wg.Done()
	r := bufio.NewReaderSize(w.conn, 64<<10)
	for {
		serial, data, fault, err := readReply(r)
		var reply wire.Reply
		if err == nil && !fault {
			if reply, err = wire.ParseReply(data); err != nil {
				err = fmt.Errorf("%w: %w", errTooLong, err)
			}
		}
		if err != nil {
			w.pool.died(w, err)
			return
		}
		var failure error
		if fault {
			failure = fmt.Errorf("python: %s", data)
		}
		if !w.pool.answered(w, serial, reply, failure) {
			w.pool.died(w, errTooLong)
			return
		}
	}
}

// errorOf says what the end of a worker means to its job.
func (w *worker) errorOf(err error, status int) *WorkerError {
	e := &WorkerError{Kind: ErrWorkerDied, PID: w.pid, Stderr: w.said.String()}
	if errors.Is(err, errTooLong) {
		e.Kind = ErrGarbage
	}
	e.describe(status, w.pool.options.Memory > 0)
	return e
}
