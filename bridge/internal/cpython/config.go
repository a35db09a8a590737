package cpython

// Config says which interpreter to start and what to run in it.
type Config struct {
	Library  string // path of libpython
	Program  string // path of the interpreter whose environment is taken on; it must exist
	Source   string // text of the bootstrap
	Filename string // its name in tracebacks
	Boot     []byte // what its start() is given
}
