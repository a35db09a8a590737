// Package wire is the frame codec shared with pyshim/wire/codec.py: how a job and
// its answer look as bytes.
//
// A request is one contiguous slice (header, body), so that callers encode
// directly behind the header and nothing is copied again before Python sees it.
// A reply has three parts: a body (JSON or text), a run of int32 and any number
// of buffers. In an embedded interpreter the parts cross separately, because the
// ints are read from a Python list; over a pipe they follow each other.
//
// Everything is little-endian. testdata/wire holds golden frames that both
// sides are tested against; [Version] changes with the layout, and a shim of
// another version is refused at start.
package wire
