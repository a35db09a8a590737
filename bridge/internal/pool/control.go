package pool

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// controlQueue holds the control jobs, which are about what is loaded: they go through the zygote, in their order. Guarded
// by the pool's lock.
type controlQueue struct {
	jobs    []*Job
	current *Job
	signal  chan struct{}
}

func (r *controlQueue) add(j *Job) {
	r.jobs = append(r.jobs, j)
	r.wake()
}

func (r *controlQueue) remove(j *Job) {
	r.jobs = slices.DeleteFunc(r.jobs, func(o *Job) bool { return o == j })
}

func (r *controlQueue) wake() {
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

// isControl reports whether a job goes to the control queue.
func isControl(j *Job) bool {
	switch j.op().Of().Control {
	case wire.ControlNone:
		return false
	case wire.ControlSetting:
		return isSetting(j.frame)
	default:
		return true
	}
}

// isSetting reports whether a frame that asks for settings also changes some.
func isSetting(frame []byte) bool {
	body := string(frame[wire.RequestHeaderSize:])
	return body != "" && body != "{}"
}

// controlLoop runs the control queue.
func (p *Pool) controlLoop() {
	for {
		p.mu.Lock()
		var j *Job
		if len(p.control.jobs) > 0 && !p.stopping {
			j = p.control.jobs[0]
			p.control.jobs = p.control.jobs[1:]
			p.reachedHead(j, time.Now())
			j.state = assigned
			j.kill = func() {}
			p.control.current = j
		}
		p.mu.Unlock()
		if j == nil {
			p.unloadUnused()
			select {
			case <-p.control.signal:
				continue
			case <-p.stop:
				return
			}
		}
		reply, err := p.runControl(j)
		p.mu.Lock()
		p.control.current = nil
		p.resolve(j, reply, err)
		p.unlock()
	}
}

// runControl runs a control job, with a new zygote if the one that was there has ended.
func (p *Pool) runControl(j *Job) (wire.Reply, error) {
	p.zygoteMu.Lock()
	defer p.zygoteMu.Unlock()
	for again := false; ; again = true {
		z, err := p.ensureForControl()
		if err != nil {
			return wire.Reply{}, err
		}
		reply, err := p.runControlOn(z, j)
		if !errors.Is(err, errZygote) {
			return reply, err
		}
		// It may have ended long ago. Nothing was changed: a new one can be asked, unless the question is what ended it.
		if again || errors.Is(err, os.ErrDeadlineExceeded) || p.resolved(j) {
			return reply, &WorkerError{Kind: ErrWorkerDied, PID: z.pid, Exit: -1, Stderr: z.stderrTail.String()}
		}
	}
}

func (p *Pool) runControlOn(z *zygote, j *Job) (wire.Reply, error) {
	switch j.op().Of().Control {
	case wire.ControlLoad:
		return p.load(z, j)
	case wire.ControlUnload:
		return p.unload(z, j)
	case wire.ControlStats:
		return p.handleStats(z, j)
	case wire.ControlInfo:
		a, err := z.runFrame('c', j.frame, commandLimit)
		return a.reply, err
	case wire.ControlShortcuts:
		if !isSetting(j.frame) {
			return p.shortcutStats(z, j)
		}
	}
	return p.applySetting(z, j)
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
		a, err := z.runFrame('c', j.frame, commandLimit) // for its error
		return a.reply, err
	}
	p.unloadUnusedFrom(z)
	return wire.Reply{}, nil
}

// unloadUnused unloads what nobody needs any more.
func (p *Pool) unloadUnused() {
	p.zygoteMu.Lock()
	defer p.zygoteMu.Unlock()
	p.mu.Lock()
	z := p.zygote
	p.mu.Unlock()
	if z != nil && !z.gone() {
		p.unloadUnusedFrom(z)
	}
}

// unloadUnusedFrom unloads objects without handles and without jobs. zygoteMu is held.
func (p *Pool) unloadUnusedFrom(z *zygote) {
	for x, id := range z.loaded {
		p.mu.Lock()
		needed := x.refs > 0 || x.pending > 0 || p.stopping
		p.mu.Unlock()
		if needed {
			continue
		}
		frame := wire.Frame(wire.Header{Op: wire.OpUnload, Handle: id, Arg: wire.NoArg}, "")
		next, _, err := p.tryChange(z, frame, nil)
		if err != nil || next == nil {
			return // it costs memory, and nothing else
		}
		p.promote(next, func() { next.loaded = z.loaded.without(x) })
		z = next
	}
}

// handleStats is the operation stats, with the handles that callers have.
func (p *Pool) handleStats(z *zygote, j *Job) (wire.Reply, error) {
	a, err := z.runFrame('c', j.frame, commandLimit)
	if err != nil || a.reply.Status != wire.StatusOK {
		return a.reply, err
	}
	var fields map[string]any
	if err := json.Unmarshal(a.reply.Body, &fields); err != nil {
		return a.reply, err
	}
	p.mu.Lock()
	fields["handles"] = len(p.handles)
	p.mu.Unlock()
	a.reply.Body, err = json.Marshal(fields)
	return a.reply, err
}

// applySetting changes settings for every call that comes after.
func (p *Pool) applySetting(z *zygote, j *Job) (wire.Reply, error) {
	next, a, err := p.tryChange(z, j.frame, j)
	if err != nil || next == nil {
		return a.reply, err
	}
	p.promote(next, func() {
		p.settings = append(slices.Clip(p.settings), slices.Clone(j.frame))
		p.minGeneration = next.generation
	})
	return a.reply, nil
}
