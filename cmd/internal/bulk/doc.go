// Package bulk turns a corpus into files of exact tokens. A plan divides the input into shards;
// a shard is read, encoded and committed by itself, and is the same bytes whoever makes it and
// however often. What is committed is never touched again, so that a run that ended anywhere is
// gone on with by the same command. The format of a shard is one of those in formats.go.
package bulk
