package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// ErrClosed is that of the executor: callers need not know where their job would have run.
var ErrClosed = executor.ErrClosed

// Pool runs jobs in worker processes. All methods may be called from any goroutine.
type Pool struct {
	options Options
	info    []byte
	places  chan struct{} // one for each job that waits
	stop    chan struct{}
	wakeup  chan struct{} // the keeper's
	called  chan struct{} // the patrol is, to look sooner
	control registrar
	loops   sync.WaitGroup // keeper and registrar
	wg      sync.WaitGroup // workers' goroutines, and burials
	watches sync.WaitGroup // over zygotes

	lineage sync.Mutex // held by whoever makes a zygote; before mu

	mu         sync.Mutex
	zygote     *zygote  // nil or gone: to be made
	nascent    *process // a first process in the making
	attempt    *attempt // a successor in the making
	seq        int
	sched      *sched.Scheduler
	handles    map[uint32]*object
	lastHandle uint32
	settings   [][]byte
	least      int  // seq of the zygote that had the last change of settings
	wanted     bool // somebody has asked for something: have workers
	stopping   bool
	gait       gait    // the patrol's
	toSend     *worker // the first of those that have something to send
	toTell     *Job    // the first of those whose callers are to be told
	stats      Stats

	own        Client // for jobs that nobody has asked for
	counted    counts // of workers that are gone
	distrusted bool

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
		options: options, places: make(chan struct{}, options.Queue), stop: make(chan struct{}), wakeup: make(chan struct{}, 1),
		called: make(chan struct{}, 1), handles: map[uint32]*object{}, settings: options.Settings,
	}
	p.control.signal = make(chan struct{}, 1)
	p.own.p = p
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
	p.loops.Go(p.keep)
	p.loops.Go(p.register)
	p.loops.Go(p.patrol)
	return p, nil
}

// Info is what the first process said of itself, in JSON.
func (p *Pool) Info() []byte { return p.info }

// submit queues a job. watched: ctx's end is the job's; otherwise the caller sees to that.
func (p *Pool) submit(ctx context.Context, c *Client, frame []byte, opts []executor.SubmitOption, watched bool) (*Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(frame) < wire.RequestHeaderSize {
		return nil, errNoFrame
	}
	if err := p.place(ctx, opts); err != nil {
		return nil, err
	}
	j := newJob(ctx, p, c, frame, executor.AcceptOf(opts))
	p.mu.Lock()
	defer p.unlock()
	if p.stopping {
		<-p.places
		return nil, endOf(ctx, ErrClosed)
	}
	if watched && ctx.Done() != nil {
		j.stop = context.AfterFunc(ctx, j.giveUp)
	}
	p.enqueue(j)
	return j, nil
}

var errNoFrame = errors.New("pool: a frame without a header")

// epoch is what turns are counted from.
var epoch = time.Now()

func (p *Pool) place(ctx context.Context, opts []executor.SubmitOption) error {
	select {
	case p.places <- struct{}{}:
		return nil
	default:
	}
	if !executor.Waits(p.options.WaitWhenFull, opts) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stats.Overloaded++
		return executor.ErrOverloaded
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
	j.entry.Least = p.least
	p.sched.Add(&j.entry)
	p.stats.MaxDepth = max(p.stats.MaxDepth, p.depth())
	if j.object != nil && j.object.lost != nil {
		p.settle(j, *j.object.lost, nil)
		return
	}
	p.schedule()
	if j.state == queued && p.sched.Hopeless(&j.entry) {
		p.settle(j, wire.Reply{}, p.noWorker())
		return
	}
	if !p.wanted {
		p.wanted = true
		p.poke()
	}
}

// unqueue takes a job out before its turn.
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

// dismiss ends a worker, whatever it is at. The lock is held.
func (p *Pool) dismiss(w *worker) {
	p.sched.Retire(&w.Worker)
	w.kill()
}

// Close gives up what is left with ErrClosed, ends the processes, and waits for their end until ctx ends.
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
	p.giveUp(nil)
	for w := range p.crew() {
		p.dismiss(w)
	}
	if p.zygote != nil && p.control.current != nil {
		p.zygote.kill() // it may be busy
	}
	if p.nascent != nil {
		p.nascent.kill()
	}
	if p.attempt != nil {
		p.attempt.kill(errGivenUp)
	}
	p.unlock()
	p.loops.Wait()
	p.wg.Wait()
	p.lineage.Lock()
	defer p.lineage.Unlock()
	p.mu.Lock()
	z := p.zygote
	p.zygote = nil
	p.mu.Unlock()
	if z != nil {
		z.bury()
	}
	p.watches.Wait()
}

// giveUp settles what is left, of one client or of all, and kills what runs it. The lock is held.
func (p *Pool) giveUp(c *Client) (left, busy int) {
	all := slices.Concat(p.waiting(), p.control.jobs)
	for w := range p.crew() {
		for i := range w.Pipe {
			all = append(all, jobOf(&w.Pipe[i]))
		}
	}
	for _, j := range append(all, p.control.current) {
		if j == nil || c != nil && j.client != c {
			continue
		}
		was := j.state
		if !p.settle(j, wire.Reply{}, ErrClosed) {
			continue
		}
		if was == given && j.end() {
			busy++
		} else {
			left++
		}
	}
	return left, busy
}
