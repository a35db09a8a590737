package executor

import "errors"

// errGone becomes the context's error.
var errGone = errors.New("executor: context ended before the job was queued")
