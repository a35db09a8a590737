package pool

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// registrar holds the jobs that are about what is loaded: they go through the zygote, in their order. Guarded by the
// pool's lock.
type registrar struct {
	jobs    []*Job
	current *Job
	signal  chan struct{}
}

func (r *registrar) add(j *Job) {
	r.jobs = append(r.jobs, j)
	r.wake()
}

func (r *registrar) remove(j *Job) {
	r.jobs = slices.DeleteFunc(r.jobs, func(o *Job) bool { return o == j })
}

func (r *registrar) wake() {
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

// isControl reports whether a job is one of the registrar's.
func isControl(j *Job) bool {
	switch j.op() {
	case wire.OpLoad, wire.OpLoadRaw, wire.OpLoadVLLM, wire.OpUnload, wire.OpStats, wire.OpInfo, wire.OpShortcuts:
		return true
	case wire.OpMediaPolicy:
		return isSetting(j.frame)
	}
	return false
}

// isSetting reports whether a frame that asks for settings also changes some.
func isSetting(frame []byte) bool {
	body := string(frame[wire.RequestHeaderSize:])
	return body != "" && body != "{}"
}

// register is the registrar's goroutine.
func (p *Pool) register() {
	for {
		p.mu.Lock()
		var j *Job
		if len(p.control.jobs) > 0 && !p.stopping {
			j = p.control.jobs[0]
			p.control.jobs = p.control.jobs[1:]
			p.inLine(j, time.Now())
			j.state = given
			j.kill = func() {}
			p.control.current = j
		}
		p.mu.Unlock()
		if j == nil {
			p.clear()
			select {
			case <-p.control.signal:
				continue
			case <-p.stop:
				return
			}
		}
		reply, err := p.conduct(j)
		p.mu.Lock()
		p.control.current = nil
		p.settle(j, reply, err)
		p.unlock()
	}
}

func (p *Pool) conduct(j *Job) (wire.Reply, error) {
	p.lineage.Lock()
	defer p.lineage.Unlock()
	for again := false; ; again = true {
		z, err := p.parent()
		if err != nil {
			return wire.Reply{}, err
		}
		reply, err := p.perform(z, j)
		if !errors.Is(err, errZygote) {
			return reply, err
		}
		// It may have ended long ago. Nothing was changed: a new one can be asked, unless the question is what ended it.
		if again || errors.Is(err, os.ErrDeadlineExceeded) || p.givenUp(j) {
			return reply, &WorkerError{Kind: ErrWorkerDied, PID: z.pid, Exit: -1, Stderr: z.said.String()}
		}
	}
}

func (p *Pool) perform(z *zygote, j *Job) (wire.Reply, error) {
	switch j.op() {
	case wire.OpLoad, wire.OpLoadRaw, wire.OpLoadVLLM:
		return p.load(z, j)
	case wire.OpUnload:
		return p.unload(z, j)
	case wire.OpStats:
		return p.count(z, j)
	case wire.OpInfo:
		a, err := z.call('c', j.frame, commandLimit)
		return a.reply, err
	case wire.OpShortcuts:
		if !isSetting(j.frame) {
			return p.census(z, j)
		}
	}
	return p.set(z, j)
}

// unload gives a handle back. The object goes when nobody has one any more and the jobs on it are over.
func (p *Pool) unload(z *zygote, j *Job) (wire.Reply, error) {
	id := j.handle()
	p.mu.Lock()
	x := p.handles[id]
	if x != nil {
		delete(p.handles, id)
		x.refs--
	}
	p.mu.Unlock()
	if x == nil {
		a, err := z.call('c', j.frame, commandLimit) // for its error
		return a.reply, err
	}
	p.drop(z)
	return wire.Reply{}, nil
}

// clear drops what nobody needs any more.
func (p *Pool) clear() {
	p.lineage.Lock()
	defer p.lineage.Unlock()
	p.mu.Lock()
	z := p.zygote
	p.mu.Unlock()
	if z != nil && !z.gone() {
		p.drop(z)
	}
}

// drop lets go of objects without handles and without jobs. The lineage is held.
func (p *Pool) drop(z *zygote) {
	for x, id := range z.known {
		p.mu.Lock()
		needed := x.refs > 0 || x.pending > 0 || p.stopping
		p.mu.Unlock()
		if needed {
			continue
		}
		frame := wire.Frame(wire.Header{Op: wire.OpUnload, Handle: id, Arg: wire.NoArg}, "")
		next, _, err := p.succeed(z, frame, nil)
		if err != nil || next == nil {
			return // it costs memory, and nothing else
		}
		p.inherit(next, func() { next.known = z.known.without(x) })
		z = next
	}
}

// count is the operation stats, with the handles that callers have.
func (p *Pool) count(z *zygote, j *Job) (wire.Reply, error) {
	a, err := z.call('c', j.frame, commandLimit)
	if err != nil || a.reply.Status != wire.StatusOK {
		return a.reply, err
	}
	var said map[string]any
	if err := json.Unmarshal(a.reply.Body, &said); err != nil {
		return a.reply, err
	}
	p.mu.Lock()
	said["handles"] = len(p.handles)
	p.mu.Unlock()
	a.reply.Body, err = json.Marshal(said)
	return a.reply, err
}

// set changes settings for every call that comes after.
func (p *Pool) set(z *zygote, j *Job) (wire.Reply, error) {
	next, a, err := p.succeed(z, j.frame, j)
	if err != nil || next == nil {
		return a.reply, err
	}
	p.inherit(next, func() {
		p.settings = append(slices.Clip(p.settings), slices.Clone(j.frame))
		p.least = next.seq
	})
	return a.reply, nil
}
