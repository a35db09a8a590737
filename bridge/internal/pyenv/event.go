package pyenv

// Stages of a set-up, in the order they come.
const (
	StageWait    = "wait"    // another process is setting up the same thing
	StageUnpack  = "unpack"  // the interpreter is written to the cache
	StageVenv    = "venv"    // the virtual environment is laid out
	StageInstall = "install" // packages are fetched and installed
	StageVerify  = "verify"  // the result is compared with the lock
	StagePack    = "pack"    // the environment is written into a bundle
)

// Event is one step of a set-up. Done and Total count packages while Stage is
// StageInstall and are 0 otherwise.
type Event struct {
	Stage string
	Text  string
	Done  int
	Total int
}
