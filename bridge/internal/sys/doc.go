// Package sys has the system calls that worker processes and environments need and package os does not have. It uses
// no C. Calls that only Linux has return errors.ErrUnsupported elsewhere, so that everything above builds on any system;
// Workers reports whether they work.
package sys
