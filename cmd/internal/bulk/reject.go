package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// Class says why a record makes no document.
type Class string

// The classes of rejects.
const (
	BadJSON   Class = "json"      // no object in JSON
	NoText    Class = "field"     // it has no such field, or no string there; null in Parquet
	NotUTF8   Class = "utf8"      // the bytes are no text
	Surrogate Class = "surrogate" // half of a character, \ud800 and the like, which UTF-8 cannot hold
	TooLong   Class = "size"      // more bytes than --max-record
	Refused   Class = "reference" // the tokenizer raised an exception
	Deadly    Class = "worker"    // it ends the process that encodes it, each time
	TooSlow   Class = "time"      // it takes longer than --record-timeout, each time
	NoIDs     Class = "empty"     // it has no ids, and the format holds no such document
)

// Classes are all of them.
var Classes = []Class{BadJSON, NoText, NotUTF8, Surrogate, TooLong, Refused, Deadly, TooSlow, NoIDs}

// Fault is what is wrong with a record.
type Fault struct {
	Class   Class
	Message string
}

// Reject is a record that makes no document.
type Reject struct {
	File    string `json:"file"`
	Offset  *int64 `json:"offset,omitempty"` // of its first byte, unpacked
	Row     *int64 `json:"row,omitempty"`    // its number, in Parquet, instead
	Length  int64  `json:"length"`           // in bytes, with the newline
	Class   Class  `json:"class"`
	Message string `json:"message"`
	Raw     []byte `json:"raw,omitempty"` // the record, where it is no larger than a MiB
}

const maxRaw = 1 << 20

func newReject(kind plan.Records, file string, r source.Record, f *Fault) Reject {
	reject := Reject{File: file, Length: r.Length, Class: f.Class, Message: f.Message, Raw: r.Raw}
	if kind == plan.Rows {
		reject.Row = &r.Place
	} else {
		reject.Offset = &r.Place
	}
	return reject
}

// place is where the record is, by its offset or row.
func (r Reject) place() int64 {
	switch {
	case r.Row != nil:
		return *r.Row
	case r.Offset != nil:
		return *r.Offset
	}
	return -1
}

// RejectedError is the first reject of a run that takes none.
type RejectedError struct{ Reject Reject }

func (e *RejectedError) Error() string {
	r := e.Reject
	kind := plan.JSONL
	if r.Row != nil {
		kind = plan.Rows
	}
	return fmt.Sprintf("%s: the record at %s (%d bytes) was rejected: %s: %s; mend it, or let it be put aside with --on-error quarantine",
		r.File, kind.Place(r.place()), r.Length, r.Class, r.Message)
}

// rejects writes the rejects of a shard, one a line.
type rejects struct {
	create func() (io.Writer, error)
	packed *zstd.Encoder // nil until there is one
	counts map[Class]int64
}

func (w *rejects) add(r Reject) error {
	if w.packed == nil {
		out, err := w.create()
		if err != nil {
			return err
		}
		// The same bytes each time: one block after the other.
		if w.packed, err = zstd.NewWriter(out, zstd.WithEncoderConcurrency(1)); err != nil {
			return err
		}
		w.counts = map[Class]int64{}
	}
	w.counts[r.Class]++
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return err
	}
	_, err := w.packed.Write(line.Bytes())
	return err
}

func (w *rejects) finish() error {
	if w.packed == nil {
		return nil
	}
	return w.packed.Close()
}

// rejectDecoder reads what rejects wrote.
func rejectDecoder(in io.Reader) (*json.Decoder, func(), error) {
	unpacked, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, nil, err
	}
	return json.NewDecoder(unpacked), unpacked.Close, nil
}
