// Package plan divides a corpus into shards, once and for all: everything that decides a byte of
// the output is in the plan, and nothing else is. The number of workers is not.
package plan
