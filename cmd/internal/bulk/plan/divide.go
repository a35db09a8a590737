package plan

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"

// packedParts is into how many parts a packed file is divided at most: each worker unpacks it
// from its beginning up to where its part ends.
const packedParts = 8

// Divide makes shards of about so many bytes of input. Small files share one, large ones are
// divided; the order is that of the inputs.
func Divide(inputs []source.File, shardBytes int64) []Shard {
	shards := []Shard{}
	var open Shard
	var size int64 // of the open one
	flush := func() {
		if len(open) > 0 {
			shards = append(shards, open)
		}
		open, size = nil, 0
	}
	for i, f := range inputs {
		switch {
		case f.Bytes == 0:
		case f.Bytes <= shardBytes:
			if size+f.Bytes > shardBytes {
				flush()
			}
			open = append(open, Range{i, 0, f.Bytes})
			size += f.Bytes
		default:
			flush()
			parts := (f.Bytes + shardBytes - 1) / shardBytes
			if f.Packing != source.Plain {
				parts = min(parts, packedParts)
			}
			part := (f.Bytes + parts - 1) / parts
			for start := int64(0); start < f.Bytes; start += part {
				shards = append(shards, Shard{{i, start, min(start+part, f.Bytes)}})
			}
		}
	}
	flush()
	return shards
}
