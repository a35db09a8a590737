// Package bulk turns a corpus into files of exact tokens. A plan divides the input into shards;
// a shard is read, encoded and committed by itself, and is the same bytes each time, on every
// machine. What is committed is never touched again, so that the same command resumes a run
// that ended at any point. The format of a shard is one of those in formats.go.
package bulk
