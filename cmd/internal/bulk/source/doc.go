// Package source reads the inputs of a corpus: files of records, one a line, as they are or
// packed with gzip or zstd, and columns of Parquet, one a row. Places are offsets into what is in
// a file once it is unpacked; in Parquet they are numbers of rows.
package source
