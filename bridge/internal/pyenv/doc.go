// Package pyenv finds or builds the Python that the bridge embeds: an interpreter
// with a shared libpython, and the packages beside it.
//
// Nothing here runs Python inside the Go process. An interpreter is asked about
// itself in a short subprocess first, so that what would abort the process later
// ("Fatal Python error") is an error value instead.
//
// A managed environment is a virtual environment in the user's cache:
//
//	<cache>/python/<key>/                  an unpacked CPython, with a manifest
//	<cache>/envs/<name>-<lock>-<interp>/   a virtual environment, with a manifest
//	<cache>/pip/                           pip's own cache
//	<cache>/locks/                         one lock file for each of the above
//
// The first two can be copied and moved as a whole, and be read-only: an environment
// leads to its interpreter by a relative link, and compiled modules do not depend on
// file times.
//
// Directories get their name by a rename, after they are complete; what a killed
// process leaves behind is a temporary directory that nobody holds a lock on, and
// the next set-up removes it.
package pyenv
