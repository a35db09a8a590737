//go:build !unix

package bench

import (
	"errors"
	"time"
)

func ownTime() (time.Duration, error) { return 0, errors.ErrUnsupported }
