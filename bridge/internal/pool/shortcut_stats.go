package pool

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// counters are what each worker counts for itself: how its shortcuts have fared, and what its memo holds.
type counters [8]int64

// counterNames are the keys of the operation shortcuts, in the order of pyshim/workers/shm.py. The last ones are in the memo's
// object, and of these the very last are of what is there now: they go with their worker.
var counterNames = [len(counters{})]string{"calls", "audited", "differences", "hits", "misses", "evictions", "bytes", "entries"}

const (
	differences = 2
	firstMemo   = 3
	firstGauge  = 6
)

func (c *counters) add(other counters) {
	for i := range c {
		c[i] += other[i]
	}
}

// cumulative is what remains of a worker's counters when it has exited.
func (c counters) cumulative() counters {
	clear(c[firstGauge:])
	return c
}

// shortcutStats answers the operation shortcuts for all workers, those that have exited included. The settings are those of
// the zygote, which encodes nothing.
func (p *Pool) shortcutStats(z *zygote, j *Job) (wire.Reply, error) {
	a, err := z.runFrame('c', j.frame, commandLimit)
	if err != nil || a.reply.Status != wire.StatusOK {
		return a.reply, err
	}
	p.mu.Lock()
	sum := p.exitedCounters
	for w := range p.liveWorkers() {
		sum.add(w.segment.counters())
	}
	p.mu.Unlock()
	var fields, memo map[string]json.RawMessage
	if err := json.Unmarshal(a.reply.Body, &fields); err != nil {
		return a.reply, err
	}
	if err := json.Unmarshal(fields["memo"], &memo); err != nil {
		return a.reply, err
	}
	for i, name := range counterNames {
		number, _ := json.Marshal(sum[i])
		if i < firstMemo {
			fields[name] = number
		} else {
			memo[name] = number
		}
	}
	if fields["memo"], err = json.Marshal(memo); err == nil {
		a.reply.Body, err = json.Marshal(fields)
	}
	return a.reply, err
}

// shortcutsOff are the settings after a shortcut gave other tokens than the plain call.
const shortcutsOff = `{"text":false,"pack":false,"layouts":false,"schemas":false,"memo_bytes":0}`

// disableShortcuts turns the shortcuts off everywhere, when one worker has found a difference and has turned off its own. The
// lock is held.
func (p *Pool) disableShortcuts(w *worker) {
	if p.shortcutsDisabled || w.segment.word(offsetCounts+8*differences) == 0 {
		return
	}
	p.shortcutsDisabled = true
	j := newJob(context.Background(), p, &p.internal, job.Job{Frame: wire.Frame(wire.Header{Op: wire.OpShortcuts, Arg: wire.NoArg}, shortcutsOff)})
	j.holdsPlace = false
	_ = p.internal.intake.Enter() // nobody shuts it
	p.stats.Submitted++
	p.control.add(j)
}
