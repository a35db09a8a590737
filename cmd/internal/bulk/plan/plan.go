package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// Format is the version of what a run writes.
const Format = 1

// Name is the plan's in the store.
const Name = "plan.json"

// Plan is what a run does.
type Plan struct {
	Format    int               `json:"format"`
	Options   Options           `json:"options"`
	Tokenizer Tokenizer         `json:"tokenizer"`
	MadeBy    map[string]string `json:"made_by"` // versions that may decide about a token
	Inputs    []source.File     `json:"inputs"`
	Shards    []Shard           `json:"shards"`
}

// Options are those of the user that decide about the output.
type Options struct {
	Records    Records `json:"records"`
	Type       Type    `json:"type,omitempty"`
	Field      string  `json:"field,omitempty"` // of a record in JSON or the column, the text; none for a chat that is the record
	BOS        bool    `json:"bos"`
	EOS        bool    `json:"eos"`
	ShardBytes int64   `json:"shard_bytes"` // of input
	MaxRecord  int64   `json:"max_record"`
	Output     string  `json:"output"` // its format
	// Of chats: the validation mode, and what is left out of the loss mask.
	Mode             string `json:"mode,omitempty"`
	LastOnly         bool   `json:"last_only,omitempty"`
	WithoutThinking  bool   `json:"without_thinking,omitempty"`
	WithoutToolCalls bool   `json:"without_tool_calls,omitempty"`
}

// Type is what is encoded.
type Type string

// What there is.
const (
	Text   Type = ""       // a text
	Chat   Type = "chat"   // a chat completion request, as mistral_common takes it
	OpenAI Type = "openai" // the body of one, as clients of OpenAI send it
)

func (t Type) String() string {
	if t == Text {
		return "text"
	}
	return string(t)
}

// IsChat reports whether a document has a loss mask.
func (t Type) IsChat() bool { return t != Text }

// Records says what a record is.
type Records string

// The kinds of records.
const (
	JSONL Records = "jsonl"   // an object, which is the chat or whose field is the text or chat
	Lines Records = "lines"   // the text itself
	Rows  Records = "parquet" // a row, of which a column is the text
)

// Place says in words where a record is.
func (r Records) Place(at int64) string {
	if r == Rows {
		return fmt.Sprintf("row %d", at)
	}
	return fmt.Sprintf("byte %d", at)
}

// Tokenizer says which one it is, by what it does.
type Tokenizer struct {
	Source     string `json:"source"`                // as it was named
	FileSHA256 string `json:"file_sha256,omitempty"` // of its own file, where it was named by one
	Vocabulary string `json:"vocabulary_sha256"`     // of every id's piece
	Class      string `json:"class"`
	Version    string `json:"version"`
	Words      int    `json:"words"` // ids are below it
	BOS        int32  `json:"bos"`
	EOS        int32  `json:"eos"`
}

// Shard is what makes one file of the output.
type Shard []Range

// Range is a part of an input: bytes, or whole row groups of Parquet, by the numbers of their rows. A
// line belongs to the range in which it begins.
type Range struct {
	Input int   `json:"input"` // its place among the inputs
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	Size  int64 `json:"bytes,omitempty"` // of Parquet
}

// Bytes is how much input it is.
func (r Range) Bytes() int64 {
	if r.Size > 0 {
		return r.Size
	}
	return r.End - r.Start
}

// Bytes is how much input a shard is.
func (s Shard) Bytes() (n int64) {
	for _, r := range s {
		n += r.Bytes()
	}
	return n
}

// Bytes is how much input there is, unpacked.
func (p *Plan) Bytes() (n int64) {
	for _, f := range p.Inputs {
		n += f.Bytes
	}
	return n
}

// Encode is the plan as it is stored; the same plan is the same bytes.
func (p *Plan) Encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	_ = e.Encode(p) // nothing in it can fail
	return b.Bytes()
}

// ID names the plan.
func (p *Plan) ID() string {
	sum := sha256.Sum256(p.Encode())
	return hex.EncodeToString(sum[:])
}

// Decode reads a stored plan.
func Decode(text []byte) (*Plan, error) {
	var p Plan
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("%s: %w: it was made by another version of this program", Name, err)
	}
	if p.Format != Format {
		return nil, fmt.Errorf("%s: its format is %d, this program's is %d", Name, p.Format, Format)
	}
	for n, shard := range p.Shards {
		for _, r := range shard {
			if r.Input < 0 || r.Input >= len(p.Inputs) || r.Start < 0 || r.End <= r.Start || r.End > p.Inputs[r.Input].End() {
				return nil, fmt.Errorf("%s: shard %d: there is no such part of an input", Name, n)
			}
		}
	}
	return &p, nil
}
