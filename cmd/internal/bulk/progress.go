package bulk

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// Progress is how far a run is, by bytes of input. Its methods may be called from any number
// of goroutines.
type Progress struct {
	total  int64
	shards int

	mu     sync.Mutex
	begun  time.Time
	done   Counts // of committed shards
	commit int    // committed shards
	before int64  // bytes that were committed when the run began
	under  map[int]Counts
	failed int  // shards whose input could not be read
	work   Work // of this run
}

// Work is what a process has done of a run, shards that it gave up included.
type Work struct {
	Counts   Counts
	Rejected map[Class]int64
	Encode   time.Duration // in calls of the tokenizer, of all shards together
	Commit   time.Duration // from the end of a shard's files to that of its commit, of all shards together
	Shards   int64         // that it has committed
	Took     time.Duration // all of these, each from its beginning to its commit
}

// NewProgress is that of a part at its beginning.
func NewProgress(p *plan.Plan, part Part) *Progress {
	shards, total := part.of(p)
	return &Progress{total: total, shards: shards, under: map[int]Counts{}, work: Work{Rejected: map[Class]int64{}}, begun: time.Now()}
}

// begin records a shard that this run makes.
func (p *Progress) begin(shard int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.under[shard] = Counts{}
}

// advance records what is written of a shard by now, and how long the encoding of the last batch took.
func (p *Progress) advance(shard int, now Counts, encoded time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	more := now
	more.subtract(p.under[shard])
	p.work.Counts.add(more)
	p.work.Encode += encoded
	p.under[shard] = now
}

// rejected records a reject.
func (p *Progress) rejected(class Class) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.work.Rejected[class]++
}

// made records how long a shard took, and its commit.
func (p *Progress) made(took, commit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.work.Shards++
	p.work.Took += took
	p.work.Commit += commit
}

// committed records a shard that is done, by this run or before.
func (p *Progress) committed(c Commit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ours := p.under[c.Shard]; !ours {
		p.before += c.Counts.Bytes
	}
	delete(p.under, c.Shard)
	p.done.add(c.Counts)
	p.commit++
}

// given records a shard that was given up, because of its input or else.
func (p *Progress) given(shard int, input bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.under, shard)
	if input {
		p.failed++
	}
}

// Work reads what was done by now.
func (p *Progress) Work() Work {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.work
	w.Rejected = maps.Clone(w.Rejected)
	return w
}

// check ends a run early that is sure to have too many rejects: more than are allowed of as
// many records as there will be, by what is committed.
func (p *Progress) check(l Limit) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	expected := p.done.Records
	if p.done.Bytes > 0 {
		expected = max(expected, int64(float64(p.done.Records)*float64(p.total)/float64(p.done.Bytes)))
	}
	if l.check(p.done.Rejected, expected) == nil {
		return nil
	}
	return l.check(p.done.Rejected, p.done.Records)
}

// State is how far a run is at one moment.
type State struct {
	Total, Bytes  int64 // of input, those under way included
	Committed     int64 // of Bytes
	Shards, Done  int
	Running       int // shards under way
	Failed        int // shards whose input could not be read
	Rejected      int64
	BytesPerSec   float64
	TokensPerSec  float64
	Left, Elapsed time.Duration // Left is 0 where nobody knows
}

// State reads it.
func (p *Progress) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Total: p.total, Bytes: p.done.Bytes, Committed: p.done.Bytes, Shards: p.shards, Done: p.commit,
		Running: len(p.under), Failed: p.failed, Rejected: p.done.Rejected, Elapsed: time.Since(p.begun)}
	for _, c := range p.under {
		s.Bytes += c.Bytes
	}
	if seconds := s.Elapsed.Seconds(); seconds > 0 {
		s.BytesPerSec = float64(s.Bytes-p.before) / seconds
		s.TokensPerSec = float64(p.work.Counts.Tokens) / seconds
	}
	if s.BytesPerSec > 0 {
		s.Left = time.Duration(float64(s.Total-s.Bytes) / s.BytesPerSec * float64(time.Second)).Round(time.Second)
	}
	return s
}

func (s State) String() string {
	percent := 100.0
	if s.Total > 0 {
		percent = 100 * float64(s.Bytes) / float64(s.Total)
	}
	text := fmt.Sprintf("%.1f %% of %s, %d of %d shards, %.1f MB/s, %.0f tokens/s, %d rejects",
		percent, Size(s.Total), s.Done, s.Shards, s.BytesPerSec/1e6, s.TokensPerSec, s.Rejected)
	if s.Left > 0 {
		text += ", " + s.Left.String() + " left"
	}
	return text
}

// Size is a number of bytes in words.
func Size(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, at := float64(n)/1000, 0
	for value >= 999.95 && at < len(units)-1 {
		value /= 1000
		at++
	}
	return fmt.Sprintf("%.1f %cB", value, units[at])
}
