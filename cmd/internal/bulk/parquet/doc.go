// Package parquet writes and reads documents as rows of Parquet, with three columns:
//
//	document_id  STRING, the file of the record and its place there: a.jsonl:1024
//	input_ids    LIST of int32
//	length       int32, of the list
//
// Nothing is null. Pages are compressed with Zstandard.
package parquet
