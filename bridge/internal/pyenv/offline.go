package pyenv

import (
	"fmt"
	"strconv"
)

// Forbidden reports whether an environment forbids the network: MTOK_OFFLINE=1.
func Forbidden(environ []string) bool {
	value := getenv(environ, "MTOK_OFFLINE")
	if value == "" {
		return false
	}
	// An unknown value means yes.
	offline, err := strconv.ParseBool(value)
	return offline || err != nil
}

// OfflineError is something that would have to be fetched, where the network was
// forbidden. Nothing was asked.
type OfflineError struct {
	What string // what would have been fetched
	Way  string // what to do instead
	Dir  string // the environment that is not there; empty if it is about something else
	Err  error  // why the environment that is there cannot be used, or what the Python side said
}

func (e *OfflineError) Error() string {
	return fmt.Sprintf("offline: %s would have to be fetched; %s", e.What, e.Way)
}

// Unwrap returns Err.
func (e *OfflineError) Unwrap() error { return e.Err }

// offlineError is about an environment that would have to be built: unfit says what is
// wrong with the one that is there, and is nil if there is none.
func offlineError(dir string, unfit error) *OfflineError {
	e := &OfflineError{
		What: fmt.Sprintf("the environment %s is not there: its packages", dir),
		Way:  "run `mtok setup` without MTOK_OFFLINE, WithOffline and --offline, or copy the cache of a machine that has it",
		Dir:  dir,
		Err:  unfit,
	}
	if unfit != nil {
		e.What = fmt.Sprintf("the environment %s is there but cannot be used (%s): its packages", dir, unfit)
	}
	return e
}
