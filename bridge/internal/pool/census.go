package pool

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// counts are what each worker counts for itself: how its shortcuts have fared, and what its memo holds.
type counts [8]int64

// countNames are the keys of the operation shortcuts, in the order of pyshim/workers/shm.py. The last ones are in the memo's
// object, and of these the very last are of what is there now: they go with their worker.
var countNames = [len(counts{})]string{"calls", "audited", "differences", "hits", "misses", "evictions", "bytes", "entries"}

const (
	differences = 2
	firstOfMemo = 3
	firstOfNow  = 6
)

func (c *counts) add(other counts) {
	for i := range c {
		c[i] += other[i]
	}
}

// past is what remains of a worker's counts when it is gone.
func (c counts) past() counts {
	clear(c[firstOfNow:])
	return c
}

// census answers the operation shortcuts for all workers, those that are gone included. The zygote, which encodes nothing,
// says which settings there are.
func (p *Pool) census(z *zygote, j *Job) (wire.Reply, error) {
	a, err := z.call('c', j.frame, commandLimit)
	if err != nil || a.reply.Status != wire.StatusOK {
		return a.reply, err
	}
	p.mu.Lock()
	sum := p.counted
	for w := range p.crew() {
		sum.add(w.board.counts())
	}
	p.mu.Unlock()
	var said, memo map[string]json.RawMessage
	if err := json.Unmarshal(a.reply.Body, &said); err != nil {
		return a.reply, err
	}
	if err := json.Unmarshal(said["memo"], &memo); err != nil {
		return a.reply, err
	}
	for i, name := range countNames {
		number, _ := json.Marshal(sum[i])
		if i < firstOfMemo {
			said[name] = number
		} else {
			memo[name] = number
		}
	}
	if said["memo"], err = json.Marshal(memo); err == nil {
		a.reply.Body, err = json.Marshal(said)
	}
	return a.reply, err
}

// distrusted are the settings after a shortcut gave other tokens than the plain call.
const distrusted = `{"text":false,"pack":false,"memo_bytes":0}`

// distrust turns the shortcuts off everywhere, when one worker has found a difference and has turned off its own. The
// lock is held.
func (p *Pool) distrust(w *worker) {
	if p.distrusted || w.board.cell(boardCounts+8*differences) == 0 {
		return
	}
	p.distrusted = true
	j := newJob(context.Background(), p, &p.own, wire.Frame(wire.Header{Op: wire.OpShortcuts, Arg: wire.NoArg}, distrusted), nil)
	j.placed = false
	_ = p.own.intake.Enter() // nobody shuts it
	p.stats.Submitted++
	p.control.add(j)
}
