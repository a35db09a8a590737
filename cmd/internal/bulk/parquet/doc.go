// Package parquet writes and reads documents as rows of Parquet, with three columns or four:
//
//	document_id  STRING, the file of the record and its place there: a.jsonl:1024
//	input_ids    LIST of int32
//	length       int32, of the list
//	labels       with loss masks, LIST of int32: the id where a model is trained on it, else -100
//
// Nothing is null. Pages are compressed with Zstandard.
package parquet
