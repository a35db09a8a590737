// Package bundle reads and writes an environment that is packed into one file.
//
// A bundle is a tar archive, as it is or compressed with gzip or zstd, with, in this order,
//
//	bundle.json   a Header: for which platform, from which lock, on which interpreter
//	files.json    the list of all files that follow, with sizes and hashes
//	python/<key>/…, envs/<name>-<lock>-<interpreter>/…
//
// so that its first bytes identify it, and every byte behind them has been
// announced: what follows must be the list, in its order, and nothing else. The last two are laid
// out as in the cache. Paths and links cannot lead out of these two trees.
package bundle
