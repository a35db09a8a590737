package bulk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// contents hashes documents, whatever the format: the length of each, its ids, and its loss mask
// where it has one.
type contents struct {
	sum hash.Hash
	buf []byte
}

func newContents() *contents { return &contents{sum: sha256.New()} }

func (c *contents) add(d Encoded) {
	c.buf = binary.LittleEndian.AppendUint32(c.buf[:0], uint32(len(d.IDs)))
	for _, id := range d.IDs {
		c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(id))
	}
	c.sum.Write(append(c.buf, d.Loss...))
}

func (c *contents) String() string { return hex.EncodeToString(c.sum.Sum(nil)) }
