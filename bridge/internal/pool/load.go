package pool

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// load opens a handle on an object, and loads that if nobody has it.
func (p *Pool) load(z *zygote, j *Job) (wire.Reply, error) {
	a, err := z.runFrame('c', j.frame, commandLimit)
	if err != nil {
		return wire.Reply{}, err
	}
	next := (*zygote)(nil)
	if a.wantsFork {
		if next, a, err = p.tryChange(z, j.frame, j); err != nil {
			return wire.Reply{}, err
		}
	}
	if a.reply.Status != wire.StatusOK {
		return a.reply, nil
	}
	x := z.loaded.byID(a.id)
	switch {
	case next == nil && x == nil:
		return wire.Reply{}, fmt.Errorf("pool: %d is no object", a.id)
	case next == nil:
	case x != nil:
		next.stop() // what it has loaded has come to be what was there
	default:
		x = &object{frame: slices.Clone(j.frame)}
		if x.fingerprint, _, err = next.fingerprint(a.id, 0); err != nil {
			next.stop()
			return wire.Reply{}, err
		}
		p.promote(next, func() { next.loaded = z.loaded.with(x, a.id) })
	}
	id := p.openHandle(x)
	a.reply.Body = withHandle(a.reply.Body, id)
	if j.accept != nil && j.accept(&a.reply) != nil {
		p.mu.Lock()
		delete(p.handles, id)
		x.refs--
		p.mu.Unlock()
		p.control.wake() // nobody may need it
	}
	return a.reply, nil
}

func (p *Pool) openHandle(x *object) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastHandle++
	p.handles[p.lastHandle] = x
	x.refs++
	return p.lastHandle
}

// withHandle puts our handle in the place of the one in {"h":1073741825,"desc":…}, which stays as it was written.
func withHandle(body []byte, id uint32) []byte {
	const key = `{"h":`
	rest, ok := bytes.CutPrefix(body, []byte(key))
	if !ok {
		return body
	}
	rest = bytes.TrimLeft(rest, "0123456789")
	return append(strconv.AppendUint([]byte(key), uint64(id), 10), rest...)
}
