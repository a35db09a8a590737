package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Commit says that a shard is done, and what it is. It holds nothing of who made it and when.
type Commit struct {
	Plan     string          `json:"plan"`
	Shard    int             `json:"shard"`
	Pieces   []piece         `json:"pieces"`
	Counts   Counts          `json:"counts"`
	Rejected map[Class]int64 `json:"rejected,omitempty"`
	Lengths  Lengths         `json:"lengths,omitzero"`
	// Contents is the SHA-256 of the documents' ids and loss masks, whatever the format; it is not there for
	// Megatron's, whose files say no more than that.
	Contents string      `json:"contents_sha256,omitempty"`
	Files    []store.Sum `json:"files"` // none of a shard without documents, and the rejects last, where there are any
}

// Counts add up: records are documents, empty and rejected.
type Counts struct {
	Bytes     int64 `json:"bytes"` // of input
	Records   int64 `json:"records"`
	Documents int64 `json:"documents"` // that have ids
	Empty     int64 `json:"empty"`     // that have none
	Rejected  int64 `json:"rejected"`
	Blank     int64 `json:"blank"` // lines that are no records
	Tokens    int64 `json:"tokens"`
	// TextBytes are those of the texts of documents in UTF-8, of chats those of their JSON.
	TextBytes int64 `json:"text_bytes"`
	// LossTokens are those of chats that a model is trained on.
	LossTokens int64 `json:"loss_tokens,omitempty"`
}

func (c *Counts) add(o Counts) {
	c.Bytes += o.Bytes
	c.Records += o.Records
	c.Documents += o.Documents
	c.Empty += o.Empty
	c.Rejected += o.Rejected
	c.Blank += o.Blank
	c.Tokens += o.Tokens
	c.TextBytes += o.TextBytes
	c.LossTokens += o.LossTokens
}

func (c *Counts) subtract(o Counts) {
	c.Bytes -= o.Bytes
	c.Records -= o.Records
	c.Documents -= o.Documents
	c.Empty -= o.Empty
	c.Rejected -= o.Rejected
	c.Blank -= o.Blank
	c.Tokens -= o.Tokens
	c.TextBytes -= o.TextBytes
	c.LossTokens -= o.LossTokens
}

func (c Counts) check() error {
	if c.Records != c.Documents+c.Empty+c.Rejected {
		return fmt.Errorf("%d records are not %d documents, %d empty and %d rejected", c.Records, c.Documents, c.Empty, c.Rejected)
	}
	return nil
}

func commitName(shard int) string { return fmt.Sprintf("commits/%08d.json", shard) }

// shardBase is with what the names of a shard's files begin.
func shardBase(shard int) string { return fmt.Sprintf("shards/%08d", shard) }

func rejectsName(shard int) string { return fmt.Sprintf("rejects/%08d.jsonl.zst", shard) }

// encodeJSON is v as it is stored: indented, with a newline.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	_ = e.Encode(v) // nothing of ours can fail
	return b.Bytes()
}

func decodeJSON(name string, text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
