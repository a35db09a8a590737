package bulk

// tally is what the documents of a shard come to.
type tally struct {
	tokens, empty int64
	contents      *contents
}

func newTally() *tally { return &tally{contents: newContents()} }

func (t *tally) add(ids []int32) {
	t.tokens += int64(len(ids))
	if len(ids) == 0 {
		t.empty++
	}
	t.contents.add(ids)
}

// tally holds it against the commit.
func (v *verifying) tally(c Commit, t *tally) {
	if t.tokens != c.Counts.Tokens || t.empty != c.Counts.Empty {
		v.report.differ("shard %d has %d tokens and %d empty documents, its commit says %d and %d", c.Shard, t.tokens, t.empty, c.Counts.Tokens, c.Counts.Empty)
	}
	if is := t.contents.String(); c.Contents != "" && is != c.Contents {
		v.report.differ("shard %d has other ids than its commit says: their sha256 is %.12s, and not %.12s", c.Shard, is, c.Contents)
	}
}
