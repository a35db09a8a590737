// Package format says what a format of the output is: how the documents of a shard become files, and
// how they are read again. Each format is a package beside this one.
package format

import (
	"fmt"
	"io"
	"os"
)

// Document is one document.
type Document struct {
	// ID is the file of its record and its place there, as the formats that hold it say it; empty
	// where a format does not.
	ID  string
	IDs []int32
	// Loss is 1 for each id that a model is trained on, and 0 for the others: the loss mask of a
	// chat. It is nil in a format without loss masks.
	Loss []byte
}

// CheckLoss finds out whether a loss mask is one: as long as the ids, of 0 and 1.
func (d Document) CheckLoss() error {
	if len(d.Loss) != len(d.IDs) {
		return fmt.Errorf("a loss mask of %d ids for %d", len(d.Loss), len(d.IDs))
	}
	for i, bit := range d.Loss {
		if bit > 1 {
			return fmt.Errorf("a loss mask has %d at id %d, where 0 or 1 may be", bit, i)
		}
	}
	return nil
}

// Shape is what all shards of a run share.
type Shape struct {
	Words     int    // ids are below it
	Tokenizer string // as it was named
}

// Files makes the files of a shard, which appear whole and in the order in which they were made.
type Files interface {
	// Create makes one whose name ends so.
	Create(end string) (io.Writer, error)
	// Scratch makes one that is no result, and is removed.
	Scratch() (io.ReadWriteSeeker, error)
}

// Writer writes the documents of a shard: the same documents are the same bytes.
type Writer interface {
	Add(d Document) error
	// Finish writes what is left to be written.
	Finish() error
}

// Reader reads them.
type Reader interface {
	// Documents is how many there are.
	Documents() int64
	// Document is one of them by its number, without its ID.
	Document(n int64) (Document, error)
	// Each goes over all of them in their order, and holds what the files say against their rules.
	// The ids and the loss mask are the callee's.
	Each(do func(n int64, d Document) error) error
	Close() error
}

// Format is one of them.
type Format interface {
	// Ends are the ends of the names of a shard's files. Where their number depends on what is in
	// them it is the first of each kind.
	Ends() []string
	// HoldsEmpty reports whether a document without ids can be held.
	HoldsEmpty() bool
	// OpensEmpty reports whether files of documents that all have no ids can be read; if not, they
	// are not there.
	OpensEmpty() bool
	Write(s Shape, f Files) (Writer, error)
	// Open opens the files whose names are base and an end.
	Open(base string) (Reader, error)
}

// Part is a shard that is merged.
type Part struct {
	Base             string
	Documents, Empty int64 // with ids and without
}

// Merger is a Format that does better than to write all documents again.
type Merger interface {
	Merge(s Shape, parts []Part, f Files) error
}

// Indexer is a Format with a file about all shards, beside them.
type Indexer interface {
	IndexName() string
	// Index is what is in it, by the shards that have files.
	Index(bases []string) ([]byte, error)
}

// Sized opens a file, and says how large it is.
func Sized(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
