package cpython

import "errors"

// ErrStatic says that the program cannot load a library: it is linked statically.
var ErrStatic = errors.New("the program is linked statically and can load no libpython: link it without -static, " +
	"or open with WithWorkers, where Python runs in processes of its own")
