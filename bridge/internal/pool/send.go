package pool

import (
	"encoding/binary"
	"net"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// message is a job that is to be sent to a worker.
type message struct {
	frame  []byte
	serial uint64
	object uint32 // its number there, 0 if the job is about none
}

// sendQueue is what a worker is still to be sent. Guarded by the pool's lock but for what the sender alone uses.
type sendQueue struct {
	messages []message
	busy     bool    // somebody sends, and sees to what comes meanwhile
	next     *worker // in the pool's list of those that have something to send

	spare []message // the sender's
	buf   []byte    // the sender's
}

// enqueue has a job sent as soon as the lock is released. The lock is held.
func (w *worker) enqueue(j *Job, serial uint64) {
	w.sendQueue.messages = append(w.sendQueue.messages, message{j.frame, serial, w.zygote.loaded[j.object]})
	if !w.sendQueue.busy {
		w.sendQueue.busy = true
		w.sendQueue.next, w.pool.toSend = w.pool.toSend, w
	}
}

// send sends what there is, and what comes to it meanwhile. It does not block: where the worker is slow to read, a
// goroutine takes over. It runs on the goroutine that submitted a job: a handover to another one would cost more.
func (w *worker) send() {
	p, out := w.pool, &w.sendQueue
	for {
		p.mu.Lock()
		messages := out.messages
		out.messages, out.spare = out.spare, messages[:0]
		if len(messages) == 0 {
			out.busy = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		buffers := out.pack(messages)
		clear(messages)
		if len(buffers) == 1 {
			n, err := w.raw.tryWrite(buffers[0])
			if err != nil {
				w.kill() // receive sees its end
				return
			}
			if buffers[0] = buffers[0][n:]; len(buffers[0]) == 0 {
				continue
			}
		}
		w.sendSlowly(buffers)
		return
	}
}

func (w *worker) sendSlowly(buffers net.Buffers) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.State() == sched.Exited {
		return
	}
	w.pool.wg.Go(func() {
		if _, err := buffers.WriteTo(w.conn); err != nil {
			w.kill()
			return
		}
		w.send()
	})
}

// copyLimit is up to which size a frame is copied behind its length, to be sent in one write.
const copyLimit = 256 << 10

// pack puts jobs into as few buffers as is worth it.
func (o *sendQueue) pack(messages []message) (buffers net.Buffers) {
	const header = wire.RequestHeaderSize
	buf := o.buf[:0]
	for _, one := range messages {
		at := len(buf)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(len(one.frame)))
		buf = binary.LittleEndian.AppendUint64(buf, one.serial)
		buf = append(buf, one.frame[:header]...)
		if one.object != 0 { // the frame is the caller's, and stays as it is
			binary.LittleEndian.PutUint32(buf[at+jobHead+4:], one.object)
		}
		if len(one.frame) <= copyLimit {
			buf = append(buf, one.frame[header:]...)
			continue
		}
		buffers = append(buffers, buf, one.frame[header:])
		buf = nil
	}
	if len(buf) > 0 {
		buffers = append(buffers, buf)
		o.buf = buf
	}
	return buffers
}
