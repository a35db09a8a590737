// Package blockhash computes the hashes by which vLLM finds the blocks of a prompt in its prefix
// cache, so that a router can tell which server has the longest part of a prompt already. It
// needs neither cgo nor Python.
package blockhash
