// Package blockhash computes the hashes by which vLLM finds the blocks of a prompt in its prefix
// cache, so that a router can find which server already has the longest prefix of a prompt. It
// needs neither cgo nor Python.
package blockhash
