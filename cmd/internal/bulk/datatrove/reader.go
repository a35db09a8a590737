package datatrove

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

type reader struct {
	ids, index *os.File
	loss       *format.Masks
	size       int64 // of an id
	tokens     int64
	documents  int64
}

// Open opens the files, and checks their sizes.
func (f Format) Open(base string) (format.Reader, error) {
	r := &reader{}
	err := r.open(base)
	if err == nil && f.Loss {
		r.loss, err = format.OpenMasks(base+lossEnd, r.tokens)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *reader) open(base string) (err error) {
	var idsSize, indexSize int64
	if r.ids, idsSize, err = format.Sized(base + idsEnd); err != nil {
		return err
	}
	if r.index, indexSize, err = format.Sized(base + indexEnd); err != nil {
		return err
	}
	text, err := os.ReadFile(base + metadataEnd)
	if err != nil {
		return err
	}
	if !r.metadata(string(text)) {
		return fmt.Errorf("%s is not what datatrove writes of a tokenizer and a number of ids", base+metadataEnd)
	}
	r.documents = indexSize / 8
	switch {
	case indexSize%8 != 0:
		return fmt.Errorf("%s has %d bytes, which are not numbers of eight", base+indexEnd, indexSize)
	case idsSize != r.tokens*r.size:
		return fmt.Errorf("%s has %d bytes, and not the %d ids of %d bytes that %s says", base+idsEnd, idsSize, r.tokens, r.size, base+metadataEnd)
	}
	return nil
}

// metadata reads the lines. The tokenizer's name may have lines of its own.
func (r *reader) metadata(text string) bool {
	lines := strings.Split(text, "\n")
	if len(lines) < 3 {
		return false
	}
	lines = lines[len(lines)-3:]
	switch lines[0][strings.LastIndexByte(lines[0], '|')+1:] {
	case "2":
		r.size = 2
	case "4":
		r.size = 4
	}
	var err error
	r.tokens, err = strconv.ParseInt(lines[1], 10, 64)
	return r.size > 0 && err == nil && r.tokens >= 0 && lines[2] == metric(uint64(r.tokens))
}

// Documents is how many there are.
func (r *reader) Documents() int64 { return r.documents }

// Document is one by its number.
func (r *reader) Document(n int64) (d format.Document, err error) {
	if n < 0 || n >= r.documents {
		return d, fmt.Errorf("there is no document %d: there are %d", n, r.documents)
	}
	ends := make([]byte, 16)
	from := ends // of the first there is none before it
	if n == 0 {
		from = ends[8:]
	}
	if _, err := r.index.ReadAt(from, max(n-1, 0)*8); err != nil {
		return d, err
	}
	begin, end := int64(binary.LittleEndian.Uint64(ends)), int64(binary.LittleEndian.Uint64(ends[8:]))
	if begin < 0 || end < begin || end > r.tokens {
		return d, fmt.Errorf("%s: document %d ends at %d, the one before it at %d, of %d ids", r.index.Name(), n, end, begin, r.tokens)
	}
	text := make([]byte, (end-begin)*r.size)
	if _, err := r.ids.ReadAt(text, begin*r.size); err != nil {
		return d, err
	}
	d.IDs = r.decode(text)
	err = r.loss.At(&d, begin)
	return d, err
}

// Each goes over the documents: each ends at or behind the one before it, and the last with the ids.
func (r *reader) Each(do func(n int64, d format.Document) error) error {
	index := bufio.NewReaderSize(io.NewSectionReader(r.index, 0, r.documents*8), 64<<10)
	ids := bufio.NewReaderSize(io.NewSectionReader(r.ids, 0, r.tokens*r.size), 256<<10)
	mask := r.loss.Each()
	begin := int64(0)
	for n := range r.documents {
		var number [8]byte
		if _, err := io.ReadFull(index, number[:]); err != nil {
			return err
		}
		end := int64(binary.LittleEndian.Uint64(number[:]))
		if end < begin || end > r.tokens {
			return fmt.Errorf("%s: document %d ends at %d, the one before it at %d, of %d ids", r.index.Name(), n, end, begin, r.tokens)
		}
		text := make([]byte, (end-begin)*r.size)
		if _, err := io.ReadFull(ids, text); err != nil {
			return err
		}
		d := format.Document{IDs: r.decode(text)}
		if err := mask(&d); err != nil {
			return err
		}
		if err := do(n, d); err != nil {
			return err
		}
		begin = end
	}
	if begin != r.tokens {
		return fmt.Errorf("%s: the last document ends at %d, of %d ids", r.index.Name(), begin, r.tokens)
	}
	return nil
}

func (r *reader) decode(text []byte) []int32 {
	ids := make([]int32, 0, int64(len(text))/r.size)
	for len(text) > 0 {
		if r.size == 2 {
			ids = append(ids, int32(binary.LittleEndian.Uint16(text)))
		} else {
			ids = append(ids, int32(binary.LittleEndian.Uint32(text)))
		}
		text = text[r.size:]
	}
	return ids
}

// Close gives the files back.
func (r *reader) Close() error {
	err := r.loss.Close()
	for _, f := range []*os.File{r.ids, r.index} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
