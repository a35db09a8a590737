// Package source reads the inputs of a corpus: files of records, one a line, as they are or
// packed with gzip or zstd. Places are offsets into what is in a file once it is unpacked.
package source
