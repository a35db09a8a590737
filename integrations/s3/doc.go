// Package s3 tests mtok bulk against a real S3 server, versitygw, and against the faults of one. It is a module of its
// own, so that users of the library do not get the server's dependencies.
package s3
