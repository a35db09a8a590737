package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// ErrClosed is that of all jobs: callers need not know where their job would have run.
var ErrClosed = job.ErrClosed

// Pool runs jobs in worker processes. All methods may be called from any goroutine.
type Pool struct {
	options      Options
	info         []byte
	places       chan struct{} // one for each job that waits
	overloaded   atomic.Int64  // jobs that were refused for want of a place
	stop         chan struct{}
	superviseNow chan struct{} // wakes the supervisor
	pollSooner   chan struct{} // wakes the watchdog
	control      controlQueue
	loops        sync.WaitGroup // supervisor, control loop, watchdog
	wg           sync.WaitGroup // workers' goroutines, and stopping zygotes
	watches      sync.WaitGroup // over zygotes

	zygoteMu sync.Mutex // held while a zygote is made or changed; taken before mu

	mu            sync.Mutex
	zygote        *zygote  // nil or gone: to be made
	booting       *process // a first process in the making
	attempt       *attempt // a change that is being tried
	generation    int
	sched         *sched.Scheduler
	handles       map[uint32]*object
	lastHandle    uint32
	settings      [][]byte
	minGeneration int  // of the zygote that had the last change of settings
	workersWanted bool // somebody has asked for something: have workers
	stopping      bool
	pollRate      pollRate // of the watchdog
	toSend        *worker  // list of those that have something to send
	toNotify      *Job     // list of those whose callers are to be notified
	stats         Stats

	internal          Client   // for jobs that nobody has asked for
	exitedCounters    counters // of workers that have exited
	shortcutsDisabled bool

	lastDeath   error
	lastFailure error // of an attempt to make a worker
}

// Start starts the first process, and returns when it is ready. Workers come with the first job.
func Start(ctx context.Context, options Options) (*Pool, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		options: options, places: make(chan struct{}, options.Queue), stop: make(chan struct{}), superviseNow: make(chan struct{}, 1),
		pollSooner: make(chan struct{}, 1), handles: map[uint32]*object{}, settings: options.Settings,
	}
	p.control.signal = make(chan struct{}, 1)
	p.internal.p = p
	p.sched = sched.New(sched.Limits{Workers: options.Workers, Gather: options.Gather})
	booted := make(chan error, 1)
	go func() {
		_, err := p.ensure()
		booted <- err
	}()
	select {
	case err = <-booted:
	case <-ctx.Done():
		go p.end()
		return nil, ctx.Err()
	}
	if err != nil {
		p.end()
		return nil, endOf(ctx, err)
	}
	p.loops.Go(p.supervise)
	p.loops.Go(p.controlLoop)
	p.loops.Go(p.watchdog)
	return p, nil
}

// Info is what the first process said of itself, in JSON.
func (p *Pool) Info() []byte { return p.info }

// submit queues a job. watched: ctx's end is the job's; otherwise the caller sees to that.
func (p *Pool) submit(ctx context.Context, c *Client, given job.Job, watched bool) (*Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(given.Frame) < wire.RequestHeaderSize {
		return nil, errNoFrame
	}
	if err := p.acquirePlace(ctx, given.Full); err != nil {
		return nil, err
	}
	j := newJob(ctx, p, c, given)
	p.mu.Lock()
	defer p.unlock()
	if p.stopping {
		<-p.places
		return nil, endOf(ctx, ErrClosed)
	}
	if watched && ctx.Done() != nil {
		j.stop = context.AfterFunc(ctx, j.cancel)
	}
	p.enqueue(j)
	return j, nil
}

var errNoFrame = errors.New("pool: a frame without a header")

// epoch is what turns are counted from.
var epoch = time.Now()

func (p *Pool) acquirePlace(ctx context.Context, full job.Full) error {
	select {
	case p.places <- struct{}{}:
		return nil
	default:
	}
	if !full.Waits(p.options.WaitWhenFull) {
		p.overloaded.Add(1)
		return job.ErrOverloaded
	}
	select {
	case p.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.stop:
		return endOf(ctx, ErrClosed)
	}
}

// Admit returns job.ErrOverloaded if a job submitted now would get it, and counts that as one that did. It takes no lock.
func (p *Pool) Admit() error {
	if p.options.WaitWhenFull || len(p.places) < cap(p.places) {
		return nil
	}
	p.overloaded.Add(1)
	return job.ErrOverloaded
}

func (p *Pool) enqueue(j *Job) {
	p.stats.Submitted++
	if isControl(j) {
		p.control.add(j)
		p.stats.MaxDepth = max(p.stats.MaxDepth, p.depth())
		return
	}
	if x := p.handles[j.handle()]; x != nil {
		j.object, j.entry.Object = x, x
		x.pending++
	}
	j.entry.MinGeneration = p.minGeneration
	p.sched.Add(&j.entry)
	p.stats.MaxDepth = max(p.stats.MaxDepth, p.depth())
	if j.object != nil && j.object.lost != nil {
		p.resolve(j, *j.object.lost, nil)
		return
	}
	p.schedule()
	if j.state == queued && p.sched.Hopeless(&j.entry) {
		p.resolve(j, wire.Reply{}, p.noWorker())
		return
	}
	if !p.workersWanted {
		p.workersWanted = true
		p.wakeSupervisor()
	}
}

// unqueue removes a job that waits.
func (p *Pool) unqueue(j *Job) {
	if isControl(j) {
		p.control.remove(j)
	} else {
		p.sched.Remove(&j.entry)
	}
}

// depth is how many jobs wait. The lock is held.
func (p *Pool) depth() int64 { return int64(p.sched.Depth() + len(p.control.jobs)) }

// endOf is what becomes of a call that fails: when its context has ended it is that, whatever came afterwards.
func endOf(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return err
}

// afterGrace kills what a caller has left behind, if it is not done by then.
func (p *Pool) afterGrace(kill func()) {
	p.after(p.options.Grace, kill)
}

// stopWorker ends a worker, whatever it is doing. The lock is held.
func (p *Pool) stopWorker(w *worker) {
	p.sched.Retire(&w.Worker)
	w.kill()
}

// Close fails what is left with ErrClosed, ends the processes, and waits for their end until ctx ends.
func (p *Pool) Close(ctx context.Context) error {
	over := make(chan struct{})
	go func() {
		defer close(over)
		p.end()
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("pool: close: %w", ctx.Err())
	}
}

func (p *Pool) end() {
	p.mu.Lock()
	if !p.stopping {
		p.stopping = true
		close(p.stop)
	}
	p.cancelAll(nil)
	for w := range p.liveWorkers() {
		p.stopWorker(w)
	}
	if p.zygote != nil && p.control.current != nil {
		p.zygote.kill() // it may be busy
	}
	if p.booting != nil {
		p.booting.kill()
	}
	if p.attempt != nil {
		p.attempt.kill(errAbandoned)
	}
	p.unlock()
	p.loops.Wait()
	p.wg.Wait()
	p.zygoteMu.Lock()
	defer p.zygoteMu.Unlock()
	p.mu.Lock()
	z := p.zygote
	p.zygote = nil
	p.mu.Unlock()
	if z != nil {
		z.stop()
	}
	p.watches.Wait()
}

// cancelAll resolves what is left, of one client or of all, and kills what runs it. The lock is held.
func (p *Pool) cancelAll(c *Client) (left, busy int) {
	all := slices.Concat(p.queuedJobs(), p.control.jobs)
	for w := range p.liveWorkers() {
		for i := range w.Pipe {
			all = append(all, jobOf(&w.Pipe[i]))
		}
	}
	for _, j := range append(all, p.control.current) {
		if j == nil || c != nil && j.client != c {
			continue
		}
		was := j.state
		if !p.resolve(j, wire.Reply{}, ErrClosed) {
			continue
		}
		if was == assigned && j.killRunning() {
			busy++
		} else {
			left++
		}
	}
	return left, busy
}
