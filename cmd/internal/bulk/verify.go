package bulk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// VerifyConfig says what is looked at.
type VerifyConfig struct {
	Dir store.Store
	// Encode is the tokenizer, without any shortcut, in another process than made the output;
	// nil does without it and the inputs, and looks at what is in Dir only.
	Encode Encode
	Sample float64 // the share of records that are encoded once more, of 1
}

// Report is what was found.
type Report struct {
	Shards      int      `json:"shards"`
	Documents   int64    `json:"documents"`
	Records     int64    `json:"records"`    // that were read again
	Reencoded   int64    `json:"re_encoded"` // that were encoded again
	Digest      string   `json:"digest,omitempty"`
	Differences []string `json:"differences"`
	More        int64    `json:"more,omitempty"` // differences that are not listed
}

const listed = 50

func (r *Report) differ(format string, args ...any) {
	if len(r.Differences) == listed {
		r.More++
		return
	}
	r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
}

// Verify holds the output of a run against its own rules, its inputs and the tokenizer.
//
//   - every file is what was committed, and every index what its ids are
//   - ids are below the vocabulary; documents begin and end as the plan says
//   - the ranges that were read cover every input, once; counts add up; the digest is theirs
//   - the inputs are the same, to the byte, and each record is a document or a reject
//   - sampled records have these very ids, or are rejected for this very reason
func Verify(ctx context.Context, c VerifyConfig) (*Report, error) {
	p, err := ReadPlan(c.Dir)
	if err != nil {
		return nil, err
	}
	f, err := formatOf(p)
	if err != nil {
		return nil, err
	}
	v := &verifying{VerifyConfig: c, plan: p, id: p.ID(), dir: c.Dir, format: f, report: &Report{Differences: []string{}}}
	read := map[string]int64{} // up to where each input was read
	for n := range p.Shards {
		commit, err := readCommit(v.dir, v.id, n)
		if errors.Is(err, fs.ErrNotExist) {
			v.report.differ("shard %d is not committed", n)
			continue
		}
		if err != nil {
			v.report.differ("%v", err)
			continue
		}
		v.report.Shards++
		for _, part := range commit.Pieces {
			if part.Start != read[part.File] || part.End < part.Start {
				v.report.differ("shard %d: %s was read from %s, where %d was next", n, part.File, v.place(part.Start), read[part.File])
			}
			read[part.File] = part.End
		}
		if err := v.shard(ctx, commit); err != nil {
			return nil, fmt.Errorf("shard %d: %w", n, err)
		}
	}
	if v.report.Shards == len(p.Shards) {
		for _, f := range p.Inputs {
			if read[f.Path] != f.End() {
				v.report.differ("%s was read up to %s of %d", f.Path, v.place(read[f.Path]), f.End())
			}
		}
		v.manifest()
		v.index()
	}
	return v.report, nil
}

type verifying struct {
	VerifyConfig
	plan   *plan.Plan
	id     string
	dir    store.Store
	format format.Format
	report *Report
}

func (v *verifying) place(at int64) string { return v.plan.Options.Records.Place(at) }

func (v *verifying) manifest() {
	there, err := ReadManifest(v.dir)
	if err != nil {
		v.report.differ("the manifest: %v", err)
		return
	}
	v.report.Digest = there.Digest
	made, err := gather(v.dir, v.plan, v.id)
	if err != nil {
		v.report.differ("%v", err)
		return
	}
	if !slices.Equal(encodeJSON(there), encodeJSON(made)) {
		v.report.differ("the manifest is not what the commits say: its digest is %s, theirs %s", there.Digest, made.Digest)
	}
}

// shard verifies one. Differences are reported; the error is one of the machine.
func (v *verifying) shard(ctx context.Context, c Commit) error {
	for _, f := range c.Files {
		sum, err := v.dir.SumOf(f.Name)
		if err != nil || sum != f {
			v.report.differ("%s is not what was committed: %d bytes, sha256 %.12s, where %d and %.12s were (%v)", f.Name, sum.Bytes, sum.SHA256, f.Bytes, f.SHA256, err)
			return nil
		}
	}
	var r format.Reader = noFiles(c.Counts.Empty)
	if hasFiles(v.format, c.Counts) {
		var done func()
		var err error
		if r, done, err = openShard(v.dir, v.format, c); err != nil {
			v.report.differ("%v", err)
			return nil
		}
		defer done()
	}
	if n := c.Counts.Documents + c.Counts.Empty; r.Documents() != n {
		v.report.differ("shard %d has %d documents, the commit %d", c.Shard, r.Documents(), n)
		return nil
	}
	v.report.Documents += r.Documents()
	if v.Encode == nil {
		v.documents(c, r)
		return nil
	}
	var unreadable error
	return v.contents(ctx, c, documentsOf(r, &unreadable), &unreadable)
}

// documents looks at the ids alone.
func (v *verifying) documents(c Commit, r format.Reader) {
	t := newTally()
	if err := r.Each(func(n int64, d format.Document) error {
		t.add(d)
		v.document(c.Shard, n, d.IDs)
		return nil
	}); err != nil {
		v.report.differ("shard %d: %v", c.Shard, err)
	}
	v.tally(c, t)
}

// document holds the ids of one against the rules.
func (v *verifying) document(shard int, n int64, ids []int32) {
	t, o := v.plan.Tokenizer, v.plan.Options
	for _, id := range ids {
		if id < 0 || int(id) >= t.Words {
			v.report.differ("shard %d, document %d: the id %d, where the vocabulary ends at %d", shard, n, id, t.Words)
			return
		}
	}
	if o.BOS && (len(ids) == 0 || ids[0] != t.BOS) {
		v.report.differ("shard %d, document %d does not begin with %d", shard, n, t.BOS)
	}
	if o.EOS && (len(ids) == 0 || ids[len(ids)-1] != t.EOS) {
		v.report.differ("shard %d, document %d does not end with %d", shard, n, t.EOS)
	}
}
