// Package datatrove writes and reads the files of datatrove's DocumentTokenizer, without
// shuffling. All numbers are little-endian:
//
//	.ds           the ids of all documents back to back, in uint16 or uint32
//	.ds.loss      with loss masks, a byte an id: 1 where a model is trained on it, 0 elsewhere
//	.ds.index     uint64 a document, where it ends, in ids
//	.ds.metadata  text in three lines: the tokenizer and the size of an id, the number of ids, the
//	              same for people
package datatrove
