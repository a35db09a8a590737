// Package sys has the system calls that worker processes and environments need and package os does not have. It uses
// no C. On other systems than Linux they return errors.ErrUnsupported, so that everything above builds anywhere;
// Workers reports whether they work.
package sys
