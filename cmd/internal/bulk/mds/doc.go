// Package mds writes and reads directories of MDS, the format of mosaicml-streaming, with one column:
// tokens, an ndarray:int32 of one dimension. Each has an index.json, and shards of 64 MiB at most but
// for one that is a single longer document. All numbers are little-endian:
//
//	uint32       N, the number of samples
//	uint32[N+1]  where each begins in the file, and the end of the last
//	             what a shard is, in JSON
//	             the samples: uint32, the size of what follows; 4 for one dimension, and 0, 1 or 2 for the
//	             size of its length, which follows, in uint8, uint16 or uint32; int32 for each id
package mds
