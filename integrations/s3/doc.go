// Package s3 holds mtok bulk against a real S3 server, which versitygw is, and against the faults of one. It is a module of
// its own, so that nobody who uses the library meets what the server needs.
package s3
