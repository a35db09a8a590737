package pool

import (
	"encoding/binary"
	"net"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// parcel is a job on its way to a worker.
type parcel struct {
	frame  []byte
	serial uint64
	object uint32 // its number there, 0 if the job is about none
}

// outgoing is what a worker is still to be sent. Guarded by the pool's lock but for what the sender alone uses.
type outgoing struct {
	parcels []parcel
	busy    bool    // somebody sends, and sees to what comes meanwhile
	next    *worker // in the pool's list of those that have something to send

	spare []parcel // the sender's
	buf   []byte   // the sender's
}

// post has a job sent as soon as the lock is given back. The lock is held.
func (w *worker) post(j *Job, serial uint64) {
	w.out.parcels = append(w.out.parcels, parcel{j.frame, serial, w.zygote.known[j.object]})
	if !w.out.busy {
		w.out.busy = true
		w.out.next, w.pool.toSend = w.pool.toSend, w
	}
}

// send sends what there is, and what comes to it meanwhile. It does not block: where the worker is slow to read, a
// goroutine takes over. It is whoever has brought a job that sends it: to hand it to another goroutine would cost more.
func (w *worker) send() {
	p, out := w.pool, &w.out
	for {
		p.mu.Lock()
		parcels := out.parcels
		out.parcels, out.spare = out.spare, parcels[:0]
		if len(parcels) == 0 {
			out.busy = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		pieces := out.pack(parcels)
		clear(parcels)
		if len(pieces) == 1 {
			n, err := w.raw.tryWrite(pieces[0])
			if err != nil {
				w.kill() // whoever reads sees its end, and tells
				return
			}
			if pieces[0] = pieces[0][n:]; len(pieces[0]) == 0 {
				continue
			}
		}
		w.sendSlowly(pieces)
		return
	}
}

func (w *worker) sendSlowly(pieces net.Buffers) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.State() == sched.Gone {
		return
	}
	w.pool.wg.Go(func() {
		if _, err := pieces.WriteTo(w.conn); err != nil {
			w.kill()
			return
		}
		w.send()
	})
}

// whole is up to which size a frame is copied behind its length, to be sent in one write.
const whole = 256 << 10

// pack puts jobs into as few pieces as pays.
func (o *outgoing) pack(parcels []parcel) (pieces net.Buffers) {
	const header = wire.RequestHeaderSize
	buf := o.buf[:0]
	for _, one := range parcels {
		at := len(buf)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(len(one.frame)))
		buf = binary.LittleEndian.AppendUint64(buf, one.serial)
		buf = append(buf, one.frame[:header]...)
		if one.object != 0 { // the frame is the caller's, and stays as it is
			binary.LittleEndian.PutUint32(buf[at+jobHead+4:], one.object)
		}
		if len(one.frame) <= whole {
			buf = append(buf, one.frame[header:]...)
			continue
		}
		pieces = append(pieces, buf, one.frame[header:])
		buf = nil
	}
	if len(buf) > 0 {
		pieces = append(pieces, buf)
		o.buf = buf
	}
	return pieces
}
