package bulk

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"

// tally is what the documents of a shard come to.
type tally struct {
	tokens, empty, loss int64
	lengths             Lengths
	contents            *contents
}

func newTally() *tally { return &tally{contents: newContents()} }

func (t *tally) add(d format.Document) {
	made := Encoded{d.IDs, d.Loss}
	t.tokens += int64(len(d.IDs))
	t.loss += made.trained()
	t.lengths.count(len(d.IDs))
	if len(d.IDs) == 0 {
		t.empty++
	}
	t.contents.add(made)
}

// tally holds it against the commit.
func (v *verifying) tally(c Commit, t *tally) {
	if t.tokens != c.Counts.Tokens || t.empty != c.Counts.Empty {
		v.report.differ("shard %d has %d tokens and %d empty documents, its commit says %d and %d", c.Shard, t.tokens, t.empty, c.Counts.Tokens, c.Counts.Empty)
	}
	if t.loss != c.Counts.LossTokens {
		v.report.differ("shard %d has a loss on %d tokens, its commit says %d", c.Shard, t.loss, c.Counts.LossTokens)
	}
	if c.Lengths.known(c.Counts) && !t.lengths.same(c.Lengths) {
		v.report.differ("shard %d has documents of other lengths than its commit says: the longest has %d tokens, and not %d", c.Shard, t.lengths.Longest, c.Lengths.Longest)
	}
	if is := t.contents.String(); c.Contents != "" && is != c.Contents {
		v.report.differ("shard %d has other ids or loss masks than its commit says: their sha256 is %.12s, and not %.12s", c.Shard, is, c.Contents)
	}
}
