package object

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"gocloud.dev/gcerrors"
)

// Beyond what the service's own client does, which gives up early on a service that is overloaded, and knows nothing of what
// becomes of a body.
const (
	attempts   = 5
	firstPause = 200 * time.Millisecond
)

// Retry makes a request until it succeeds, or could not by being made again.
func Retry(ctx context.Context, request func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := request()
		if err == nil || attempt == attempts || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// again reports whether the same request may have another answer later.
func again(err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, new(*sizeError)) {
		return false
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound, gcerrors.PermissionDenied, gcerrors.InvalidArgument, gcerrors.Unimplemented,
		gcerrors.FailedPrecondition, gcerrors.AlreadyExists, gcerrors.Canceled:
		return false
	}
	return true
}
