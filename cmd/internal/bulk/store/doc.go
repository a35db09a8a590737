// Package store is where a run keeps its results: a directory in which a file appears whole and
// on disk, or not at all, and never changes afterwards. Several processes may write into it.
//
// A file is written under a temporary name, synced, and linked to its own name by link(2), which
// refuses a name that exists: then both files must have the same bytes.
//
// A bucket is a store, too: there the service refuses an object whose name is taken.
package store
