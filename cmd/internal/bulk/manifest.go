package bulk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// ManifestName is the manifest's in the store: it is there when everything is.
const ManifestName = "manifest.json"

// Manifest is the whole output.
type Manifest struct {
	Format   int             `json:"format"`
	Plan     string          `json:"plan"`
	Digest   string          `json:"digest"`
	Counts   Counts          `json:"counts"`
	Rejected map[Class]int64 `json:"rejected,omitempty"`
	Lengths  Lengths         `json:"lengths,omitzero"`
	Files    []store.Sum     `json:"files"` // in the order of the shards
}

// manifest reads the commits.
func (r *run) manifest() (*Manifest, error) { return gather(r.dir, r.plan, r.id) }

// gather puts the commits together. The digest is over what they say of ids and counts, not of
// names and versions: the same corpus has the same one in every place.
func gather(dir store.Store, p *plan.Plan, id string) (*Manifest, error) {
	m := &Manifest{Format: plan.Format, Plan: id, Files: []store.Sum{}}
	digest := sha256.New()
	for n := range p.Shards {
		c, err := readCommit(dir, id, n)
		if err != nil {
			return nil, err
		}
		m.Counts.add(c.Counts)
		m.Lengths.add(c.Lengths)
		for class, count := range c.Rejected {
			if m.Rejected == nil {
				m.Rejected = map[Class]int64{}
			}
			m.Rejected[class] += count
		}
		for _, f := range c.Files {
			if err := isThere(dir, f); err != nil {
				return nil, err
			}
			if c.Contents == "" && f.Name != rejectsName(n) {
				_, _ = fmt.Fprintf(digest, "%s\n", f.SHA256)
			}
		}
		if c.Contents != "" {
			_, _ = fmt.Fprintf(digest, "%s\n", c.Contents)
		}
		_, _ = fmt.Fprintf(digest, "%d %d %d %d\n", c.Counts.Documents, c.Counts.Empty, c.Counts.Rejected, c.Counts.Tokens)
		m.Files = append(m.Files, c.Files...)
	}
	m.Digest = hex.EncodeToString(digest.Sum(nil))
	return m, nil
}

func isThere(dir store.Store, f store.Sum) error {
	size, err := dir.Size(f.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is committed and is gone: put it back, or remove the commit of its shard to have it made anew", f.Name)
	case err != nil:
		return err
	case size != f.Bytes:
		return fmt.Errorf("%s has %d bytes and was committed with %d: remove it and the commit of its shard to have it made anew", f.Name, size, f.Bytes)
	}
	return nil
}

// Limit is how many records may be rejected: a number, or a share of all.
type Limit struct {
	Count int64
	Share float64 // of 1
	None  bool    // no limit
}

// ParseLimit reads a limit: 10, 0.1%, none.
func ParseLimit(text string) (Limit, error) {
	if text == "none" {
		return Limit{None: true}, nil
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		if share, err := strconv.ParseFloat(percent, 64); err == nil && share >= 0 && share <= 100 {
			return Limit{Share: share / 100}, nil
		}
	} else if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return Limit{Count: n}, nil
	}
	return Limit{}, fmt.Errorf("%q is neither a number, such as 10, nor a share, such as 0.1%%, nor none", text)
}

// check holds the rejects of so many records against the limit.
func (l Limit) check(rejected, records int64) error {
	if l.None || rejected <= l.Count || l.Share > 0 && float64(rejected) <= l.Share*float64(records) {
		return nil
	}
	return &LimitError{Rejected: rejected, Records: records}
}

// LimitError is a run with more rejects than it may have.
type LimitError struct{ Rejected, Records int64 }

func (e *LimitError) Error() string {
	return fmt.Sprintf("%d of %d records were rejected, more than --max-rejects allows: look into rejects/ for what is wrong with them; "+
		"what is committed stays, and the same command with a larger --max-rejects resumes the run", e.Rejected, e.Records)
}

// EachReject reads the rejects of a shard.
func EachReject(dir store.Store, n int, do func(Reject) error) error {
	f, err := dir.Reader(rejectsName(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return eachReject(f, do)
}

func eachReject(in io.Reader, do func(Reject) error) error {
	d, end, err := rejectDecoder(in)
	if err != nil {
		return err
	}
	defer end()
	for {
		var r Reject
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := do(r); err != nil {
			return err
		}
	}
}
