package pyenv

import "os"

// Where an environment came from.
const (
	SourceOption  = "option"
	SourceEnv     = "MTOK_PYTHON"
	SourceVenv    = "VIRTUAL_ENV"
	SourceManaged = "managed"
	SourcePath    = "PATH"
)

// Environment is an interpreter with the packages beside it, ready to be embedded.
type Environment struct {
	Interpreter *Interpreter `json:"interpreter"`
	Source      string       `json:"source"`
	// Dir is the virtual environment; empty if the interpreter is not in one.
	Dir string `json:"dir,omitempty"`
	// Tried are the places looked at before this one, and why they would not do.
	Tried []Attempt `json:"tried,omitempty"`

	distribution string // directory of the unpacked interpreter, if managed
	key          string // key of that interpreter
	// held is open as long as there is the Environment: the directory is in use.
	held *os.File
}

// Attempt is a place where a usable Python could have been.
type Attempt struct {
	Source string `json:"source"`
	Path   string `json:"path,omitempty"`
	Reason string `json:"reason"`
	Err    error  `json:"-"`
}
