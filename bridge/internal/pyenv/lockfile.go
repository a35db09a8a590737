package pyenv

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// lockFile takes an exclusive lock between processes and waits for it while ctx
// lasts; waiting is called once if it has to. The file stays: removing a lock file
// is a race that cannot be won. The returned function lets go.
func lockFile(ctx context.Context, path string, waiting func()) (func(), error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	waited := false
	for {
		ok, err := sys.TryLock(file)
		if err != nil || ctx.Err() != nil {
			_ = file.Close()
			return nil, errors.Join(err, ctx.Err())
		}
		if ok {
			return func() { _ = file.Close() }, nil
		}
		if !waited {
			waited = true
			waiting()
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}
