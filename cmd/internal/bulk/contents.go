package bulk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// contents hashes ids, whatever the format: the length of each document, and its ids.
type contents struct {
	sum hash.Hash
	buf []byte
}

func newContents() *contents { return &contents{sum: sha256.New()} }

func (c *contents) add(ids []int32) {
	c.buf = binary.LittleEndian.AppendUint32(c.buf[:0], uint32(len(ids)))
	for _, id := range ids {
		c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(id))
	}
	c.sum.Write(c.buf)
}

func (c *contents) String() string { return hex.EncodeToString(c.sum.Sum(nil)) }
