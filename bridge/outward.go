package bridge

import (
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// outward is an error of the internal packages as the caller gets it: of a type of this
// package, or with such types in it for errors.As. Its text stays.
func outward(err error) error {
	switch e := err.(type) { //nolint:errorlint // what wraps one of them is an outwardError
	case nil:
		return nil
	case *pyenv.NotFoundError:
		return publicNotFound(e)
	case *pyenv.ProbeError:
		return publicProbe(e)
	case *pyenv.MissingPackageError:
		return publicMissing(e)
	case *pyenv.OfflineError:
		return publicOffline(e)
	case *pyenv.IncompleteLockError:
		return (*IncompleteLockError)(e)
	case *pyenv.HashError:
		return (*HashError)(e)
	case *pyenv.InstallError:
		return publicInstall(e)
	case *pyenv.DamagedError:
		return (*DamagedError)(e)
	case *pyenv.CacheError:
		return publicCache(e)
	case *bundle.Error:
		return (*BundleError)(e)
	case *pool.WorkerError:
		return (*WorkerError)(e)
	case *pool.NoWorkerError:
		return publicNoWorker(e)
	case *job.CloseError:
		return (*CloseError)(e)
	}
	if wraps(err) {
		return &outwardError{err}
	}
	return err
}

// wraps reports whether there is more behind an error: a plain one is nobody's.
func wraps(err error) bool {
	switch err.(type) { //nolint:errorlint // it asks this very error
	case *outwardError:
		return false
	case interface{ Unwrap() error }, interface{ Unwrap() []error }:
		return true
	}
	return false
}

// outwardError has an error of an internal package somewhere in it.
type outwardError struct{ err error }

func (e *outwardError) Error() string { return e.err.Error() }

func (e *outwardError) Unwrap() error { return e.err }

// As finds the public types of the internal errors.
func (e *outwardError) As(target any) bool {
	switch t := target.(type) {
	case **NotFoundError:
		return as(e.err, t, publicNotFound)
	case **ProbeError:
		return as(e.err, t, publicProbe)
	case **MissingPackageError:
		return as(e.err, t, publicMissing)
	case **OfflineError:
		return as(e.err, t, publicOffline)
	case **IncompleteLockError:
		return as(e.err, t, func(in *pyenv.IncompleteLockError) *IncompleteLockError { return (*IncompleteLockError)(in) })
	case **HashError:
		return as(e.err, t, func(in *pyenv.HashError) *HashError { return (*HashError)(in) })
	case **InstallError:
		return as(e.err, t, publicInstall)
	case **DamagedError:
		return as(e.err, t, func(in *pyenv.DamagedError) *DamagedError { return (*DamagedError)(in) })
	case **CacheError:
		return as(e.err, t, publicCache)
	case **BundleError:
		return as(e.err, t, func(in *bundle.Error) *BundleError { return (*BundleError)(in) })
	case **WorkerError:
		return as(e.err, t, func(in *pool.WorkerError) *WorkerError { return (*WorkerError)(in) })
	case **NoWorkerError:
		return as(e.err, t, publicNoWorker)
	case **CloseError:
		return as(e.err, t, func(in *job.CloseError) *CloseError { return (*CloseError)(in) })
	}
	return false
}

func as[I error, P any](err error, target **P, public func(I) *P) bool {
	var inner I
	if !errors.As(err, &inner) {
		return false
	}
	*target = public(inner)
	return true
}

func publicNotFound(e *pyenv.NotFoundError) *NotFoundError {
	return &NotFoundError{Tried: attempts(e.Tried)}
}

func publicProbe(e *pyenv.ProbeError) *ProbeError {
	return &ProbeError{Executable: e.Executable, Kind: e.Kind, Detail: e.Detail, Output: e.Output, Fix: e.Fix, Err: outward(e.Err)}
}

func publicNoWorker(e *pool.NoWorkerError) *NoWorkerError {
	return &NoWorkerError{Err: outward(e.Err), Attempts: e.Attempts}
}

func publicMissing(e *pyenv.MissingPackageError) *MissingPackageError {
	return &MissingPackageError{Executable: e.Interpreter.Executable, Version: e.Interpreter.Version, Reason: e.Reason}
}

func publicOffline(e *pyenv.OfflineError) *OfflineError {
	return &OfflineError{What: e.What, Way: e.Way, Dir: e.Dir, Err: outward(e.Err)}
}

func publicInstall(e *pyenv.InstallError) *InstallError {
	return &InstallError{Kind: e.Kind, Text: e.Text, Fix: e.Fix, Err: outward(e.Err)}
}

func publicCache(e *pyenv.CacheError) *CacheError {
	return &CacheError{Dir: e.Dir, Reason: e.Reason, Err: outward(e.Err), Fix: e.Fix}
}
