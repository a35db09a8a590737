package pyenv

import "context"

// Distribution is a CPython carried in the program.
type Distribution interface {
	// Key names the content and is fit to name a directory.
	Key() string
	// Unpack writes bin/python3, lib and so on below dir, which is absent or empty.
	Unpack(ctx context.Context, dir string) error
	// UnpackPip writes below dir what has to be on the module path to run pip.
	UnpackPip(ctx context.Context, dir string) error
}
