package plan

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"

// packedParts is into how many parts a packed file is divided at most: each worker unpacks it
// from its beginning up to where its part ends.
const packedParts = 8

// Groups are the row groups of the inputs that are Parquet, by their places among the inputs.
type Groups map[int][]source.Group

// Divide makes shards of about so many bytes of input. Small files share one, large ones are
// divided, Parquet between its row groups; the order is that of the inputs.
func Divide(inputs []source.File, groups Groups, shardBytes int64) []Shard {
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
		case f.End() == 0:
		case f.Bytes <= shardBytes:
			if size+f.Bytes > shardBytes {
				flush()
			}
			open = append(open, whole(i, f))
			size += f.Bytes
		case f.Packing == source.Parquet:
			flush()
			shards = append(shards, divideRows(i, groups[i], shardBytes)...)
		default:
			flush()
			parts := (f.Bytes + shardBytes - 1) / shardBytes
			if f.Packing != source.Plain {
				parts = min(parts, packedParts)
			}
			part := (f.Bytes + parts - 1) / parts
			for start := int64(0); start < f.Bytes; start += part {
				shards = append(shards, Shard{{Input: i, Start: start, End: min(start+part, f.Bytes)}})
			}
		}
	}
	flush()
	return shards
}

// whole is all of a file.
func whole(input int, f source.File) Range {
	r := Range{Input: input, End: f.End()}
	if f.Packing == source.Parquet {
		r.Size = f.Bytes
	}
	return r
}

// divideRows makes shards of row groups that follow each other; one that is larger than a shard
// should be is one.
func divideRows(input int, groups []source.Group, shardBytes int64) (shards []Shard) {
	open := Range{Input: input}
	for _, g := range groups {
		if g.Rows == 0 {
			continue
		}
		if open.Size > 0 && open.Size+g.Bytes > shardBytes {
			shards = append(shards, Shard{open})
			open = Range{Input: input, Start: open.End, End: open.End}
		}
		open.End += g.Rows
		open.Size += g.Bytes
	}
	return append(shards, Shard{open})
}
