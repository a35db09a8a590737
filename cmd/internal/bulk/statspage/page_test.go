package statspage_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/statspage"
)

// hostile is a name that would do something if it were not taken as a text.
const hostile = "<script>alert(1)</script>\u202e\"'&<img src=x onerror=y>\n.jsonl"

// statistics are those of so many shards.
func statistics(n int) *bulk.Stats {
	begun := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	s := &bulk.Stats{
		Status: bulk.Status{Plan: strings.Repeat("ab", 32), Tokenizer: hostile, Inputs: 7, Shards: n + 3, Committed: n, Rejected: map[bulk.Class]int64{bulk.BadJSON: 41, bulk.TooSlow: 1, bulk.Refused: 7}},
		Format: "megatron", Type: "text", Begun: begun, Lengths: bulk.Lengths{Longest: 1 << 20, Bits: make([]int64, 22)},
	}
	for i := range n {
		c := bulk.Counts{Bytes: 256 << 20, Records: 100_000, Documents: 99_990, Rejected: 10, Tokens: int64(50_000_000 + i%7*1_000_000), TextBytes: 230 << 20}
		at := begun.Add(time.Duration(i+1) * 11 * time.Second)
		if i >= n/2 {
			at = at.Add(time.Duration(n) * 5 * time.Second)
		}
		switch i {
		case n / 3:
			c.TextBytes /= 2
		case n - 1:
			c.Tokens, c.Rejected, c.Documents = 900_000, 40_000, 60_000
		}
		s.ByShard = append(s.ByShard, bulk.ShardStats{Shard: i, From: fmt.Sprintf("corpus/%d/%s", i, hostile), Files: 1 + i%3, Counts: c, Committed: at})
		s.Counts.Bytes += c.Bytes
		s.Counts.Records += c.Records
		s.Counts.Documents += c.Documents
		s.Counts.Rejected += c.Rejected
		s.Counts.Tokens += c.Tokens
		s.Counts.TextBytes += c.TextBytes
	}
	s.Bytes = s.Counts.Bytes * 11 / 10
	left := s.Counts.Documents
	for i := 21; i > 0; i-- {
		part := left / 3
		if i < 12 {
			part = left * 2 / 5
		}
		s.Lengths.Bits[min(21, 3+(i*7)%19)] += part
		left -= part
	}
	s.Lengths.Bits[5] += left
	return s
}

func write(t *testing.T, s *bulk.Stats) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, statspage.Write(&b, s, "v1.2.3"))
	if dir := os.Getenv("STATS_PAGES"); dir != "" { // to look at
		require.NoError(t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".html"), []byte(b.String()), 0o600))
	}
	return b.String()
}

// has and hasNot do not print the whole page.
func has(t *testing.T, page, text string) {
	t.Helper()
	assert.True(t, strings.Contains(page, text), text)
}

func hasNot(t *testing.T, page, text string) {
	t.Helper()
	assert.False(t, strings.Contains(page, text), text)
}

// elements are the names of all elements and attributes.
func elements(t *testing.T, page string) (names map[string]int, attributes map[string]string) {
	t.Helper()
	names, attributes = map[string]int{}, map[string]string{}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names, attributes
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			names[e.Name.Local]++
			for _, a := range e.Attr {
				attributes[a.Name.Local] += a.Value + "\n"
			}
		}
	}
}

// Whatever the corpus and its files are called, the page has no script, loads nothing, and shows the names as texts.
func TestWrite_hostile(t *testing.T) {
	page := write(t, statistics(12))
	names, attributes := elements(t, page)
	for _, name := range []string{"script", "img", "iframe", "link", "object", "base", "form", "a"} {
		assert.Zero(t, names[name], name)
	}
	for _, name := range []string{"src", "href", "style", "onerror", "onload", "action"} {
		assert.NotContains(t, attributes, name)
	}
	assert.Contains(t, attributes["content"], "default-src 'none'")
	has(t, page, `&lt;script&gt;alert(1)&lt;/script&gt;\u202e&#34;&#39;&amp;&lt;img src=x onerror=y&gt;\n.jsonl`)
	hasNot(t, page, "\u202e")
	hasNot(t, page, "url(")
	hasNot(t, page, "@import")
	hasNot(t, page, "ZgotmplZ")
}

// The numbers are those of the commits.
func TestWrite_numbers(t *testing.T) {
	s := statistics(12)
	page := write(t, s)
	for _, want := range []string{
		"12 of 15 shards are committed, 90.91 % of the input", "<dt>tokens</dt><dd>577\u202f900\u202f000</dd>", "<dt>documents</dt><dd>1\u202f159\u202f890</dd>",
		"40\u202f110<small>3.34 % of 1\u202f200\u202f000</small>", "<small>1\u202f048\u202f576 in the longest</small>", "no object in JSON", "longer than --record-timeout",
		"<title>shard 3: 53\u202f000\u202f000 tokens</title>", "<title>shard 4: 2.233 bytes a token</title>", `class="odd"><title>shard 11: 267.969 bytes a token</title>`,
	} {
		has(t, page, want)
	}
	names, _ := elements(t, page)
	assert.Equal(t, 2*12+3+19, names["rect"], "two charts of shards, three classes, and the lengths from the first to the last")
	assert.Equal(t, 1, names["path"])
	assert.Equal(t, 3, names["tr"], "the heading and two shards that stand out")
	s.Digest = strings.Repeat("cd", 32)
	has(t, write(t, s), "Complete, with the digest <code>"+s.Digest)
}

// Many shards share bars, none are no picture, and copies have no times.
func TestWrite_edges(t *testing.T) {
	t.Run("many", func(t *testing.T) {
		names, _ := elements(t, write(t, statistics(40_000)))
		assert.Less(t, names["rect"], 600)
		assert.LessOrEqual(t, names["tr"], 21)
	})
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { hasNot(t, write(t, statistics(n)), "NaN") })
	}
	t.Run("none", func(t *testing.T) {
		page := write(t, &bulk.Stats{Status: bulk.Status{Plan: "ab", Shards: 1, Inputs: 1}})
		has(t, page, "There are no documents yet.")
		has(t, page, "No record was rejected.")
		has(t, page, "There are no tokens yet.")
		hasNot(t, page, "NaN")
	})
	t.Run("rejects only", func(t *testing.T) {
		c := bulk.Counts{Bytes: 10, Records: 2, Rejected: 2}
		page := write(t, &bulk.Stats{Status: bulk.Status{Plan: "ab", Shards: 1, Inputs: 1, Bytes: 10, Committed: 1, Counts: c, Rejected: map[bulk.Class]int64{bulk.BadJSON: 2}},
			ByShard: []bulk.ShardStats{{Counts: c, From: "a", Files: 1}}})
		hasNot(t, page, "NaN")
		has(t, page, "100 %")
	})
	t.Run("copied", func(t *testing.T) {
		s := statistics(12)
		s.Begun = s.ByShard[3].Committed
		has(t, write(t, s), "the files are copies")
	})
	t.Run("earlier version", func(t *testing.T) {
		s := statistics(12)
		s.Lengths, s.Counts.TextBytes = bulk.Lengths{}, 0
		for i := range s.ByShard {
			s.ByShard[i].Counts.TextBytes = 0
		}
		page := write(t, s)
		has(t, page, "a version that did not count them")
		has(t, page, "a version that did not count bytes of text")
		has(t, page, "<dt>bytes of text a token</dt><dd>–<small>not counted</small></dd>")
		hasNot(t, page, "NaN")
	})
	t.Run("chats", func(t *testing.T) {
		s := statistics(12)
		s.Type = plan.Chat.String()
		page := write(t, s)
		has(t, page, "<dt>bytes of JSON a token</dt>")
		has(t, page, `aria-label="bytes of JSON a token by shard"`)
		hasNot(t, page, "bytes of text")
	})
}
